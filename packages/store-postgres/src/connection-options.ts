import type { Preparation } from './prepared-statements.js';
import type { TimeOuts } from './time-outs.js';

/** How the store uses connections. */
export interface ConnectionOptions {
  readonly timeOuts: TimeOuts;
  readonly prepared: Preparation;
  /**
   * Who runs statements on the connections. `shared`: the program does, too. Then no statement is cancelled, because it
   * could be the program's.
   */
  readonly statements: 'own' | 'shared';
}
