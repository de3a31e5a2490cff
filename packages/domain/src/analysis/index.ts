/** Properties of policies over all kinds of users and sessions, and packs of them by standard. */
import { nistAal1, nistAal2, nistAal3 } from './nist-sp-800-63b-4.js';
import { pciDss8 } from './pci-dss-4.js';
import type { Pack } from './analyze.js';

export { analyze, type Clause, type Finding, type Pack } from './analyze.js';
export type { Counterexample } from './counterexample.js';
export {
  checksNoOlderThan,
  everyUserCanGetIn,
  implies,
  nobodyGetsInBelow,
  nobodyGetsInByPhishing,
  phishingResistanceIsOffered,
  type Property,
} from './properties.js';

/** The packs that there are. */
export const PACKS: readonly Pack[] = [nistAal1, nistAal2, nistAal3, pciDss8];
