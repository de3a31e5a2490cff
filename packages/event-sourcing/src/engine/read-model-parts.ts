import type { Backend } from './backend.js';
import type { GuardedBackend } from './guarded-backend.js';
import type { GroupWriter } from './group-writer.js';
import type { OpenedModel } from './opened-model.js';

/** What a read model works with. */
export interface ReadModelParts {
  /** The backend that stores the rows. It refuses calls after the store is closed. */
  readonly guarded: GuardedBackend<Backend>;
  readonly opened: OpenedModel;
  /** Writes the events of this backend. `undefined` where the events are in another one: no look-up returns the head. */
  readonly writer: GroupWriter | undefined;
}
