import type { Preparation } from './prepared-statements.js';
import type { TimeOuts } from './time-outs.js';

/** How the store uses connections. */
export interface ConnectionWays {
  readonly timeOuts: TimeOuts;
  readonly prepared: Preparation;
  /**
   * `shared`: the program runs statements of its own on the connection, too, so none is cancelled: it could be one of
   * those.
   */
  readonly statements: 'own' | 'shared';
}
