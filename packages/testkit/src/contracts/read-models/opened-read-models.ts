import type { Opened, WaitLimit } from '../contract.js';
import type { ReadModelStore } from '@login-policy/event-sourcing/store';

/** A read-model store on storage that nothing else uses. */
export interface OpenedReadModelStore extends Opened {
  readonly readModels: ReadModelStore;
  /**
   * A further handle on the same storage, independent of the first where the store supports that; otherwise the same
   * handle.
   */
  readonly another: () => Promise<ReadModelStore>;
}

/** How the read-model store contract opens a store. */
export interface ReadModelStoreFixture extends WaitLimit {
  /** The store's name in the report. */
  readonly name: string;
  /** Opens a store on fresh storage. */
  readonly open: () => Promise<OpenedReadModelStore>;
}
