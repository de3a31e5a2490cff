import type { Backend } from './backend.js';
import type { GuardedBackend } from './guarded-backend.js';
import type { OpenedModel } from './opened-model.js';

/** What a read model works with. */
export interface ReadModelParts {
  /** The backend that stores the rows. It refuses calls after the store is closed. */
  readonly guarded: GuardedBackend<Backend>;
  readonly opened: OpenedModel;
  /** Where the events are: in this backend, so that each look-up also returns the head; or in another one. */
  readonly events: 'here' | 'elsewhere';
  /** The number of writes through this store so far. While it is the same, rows that were read may still be current. */
  readonly writeCount: () => number;
  /** Clears the caches of the log and its rows. Called after rows were written outside of an append. */
  readonly invalidateCaches: () => void;
}
