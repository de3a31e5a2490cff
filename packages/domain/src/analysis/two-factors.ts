import { nobodyGetsInBelow, type Property } from './properties.js';

/** What several standards ask: one property, so that it is checked once. */
export const twoFactors: Property = nobodyGetsInBelow('two-factors');
