export { run } from './run.js';
export { EXIT, EXIT_MEANINGS, type ExitCode } from './exit-codes.js';
export type { Io, Output } from './io.js';
export { askOn, type Terminal } from './terminal.js';
