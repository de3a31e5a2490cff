import type { Backend } from './backend.js';
import type { GuardedBackend } from './guarded-backend.js';
import type { OpenedModel } from './opened-model.js';
import type { RowDecoder } from './row-decoder.js';

/** What a read model works with. */
export interface ReadModelParts {
  /** The backend that stores the rows. It refuses calls after the store is closed. */
  readonly guarded: GuardedBackend<Backend>;
  /** The projection, with the name that its rows are stored under. */
  readonly opened: OpenedModel;
  /** Decodes stored rows, with a cache that all users of this read model share. */
  readonly decoder: RowDecoder;
  /** Creates a decoder with a cache of its own, for the rows of a rebuild. */
  readonly newDecoder: () => RowDecoder;
  /** Where the events are: in this backend, so that each look-up also returns the head; or in another one. */
  readonly events: 'here' | 'elsewhere';
  /** The number of writes through this store so far. While it is the same, rows that were read may still be current. */
  readonly writeCount: () => number;
  /** Clears the caches of the log and its rows. Called after rows were written outside of an append. */
  readonly invalidateCaches: () => void;
}
