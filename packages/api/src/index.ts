export { createApi } from './api.js';
export { staticTokens } from './ports/static-tokens.js';
export { oneInstance } from './ports/instances.js';
