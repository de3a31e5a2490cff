import type { WaitOptions } from '../values/deadline.js';
import type { Position } from '../values/position.js';

/** One opening of a consumer in one process. */
export interface Holder {
  /** The opening of the store. It sends heartbeats. */
  readonly session: string;
  /** The consumer within that opening. */
  readonly run: number;
}

/** What a store keeps of a consumer. */
export interface ConsumerRecord {
  /** The process that works; `undefined` when none does. */
  readonly holder: Holder | undefined;
  /** All events up to this position are handled. */
  readonly position: Position;
}

/** The stored record of a consumer. */
export interface FoundConsumer extends ConsumerRecord {
  /** The number of writes of this record: the fencing token. */
  readonly version: bigint;
  /** The last heartbeat of the holder's session; `undefined` when the session never sent one or has left. */
  readonly beat: number | undefined;
}

/**
 * Where a store keeps its consumers: small records, written by compare-and-set. The backend needs no clock and knows
 * nothing of leases: a standby notices that a record and its holder's heartbeat stand still. The testkit's
 * `storeContract` tests it by its consumers.
 *
 * Any method may reject with `StoreUnavailable`, `StoreClosed`, `StoreDamaged`, `StoreForeign` or `StoreFull`.
 */
export interface ConsumerBackend {
  /** The pause between two heartbeats, in milliseconds. A lease lasts four of them. Default 750. */
  readonly beatMs?: number;
  /** Reads the records under these names, in one snapshot where the store can. Names without a record are left out. */
  lookUp(names: readonly string[], wait?: WaitOptions): Promise<ReadonlyMap<string, FoundConsumer>>;
  /**
   * Writes a record if it was written `expected` times before (0: it does not exist yet), and counts one write more.
   *
   * @throws PositionUnknown when no event of this store is at the record's position; nothing was written.
   */
  put(name: string, record: ConsumerRecord, expected: bigint): Promise<'written' | 'overtaken'>;
  /** Records a heartbeat of a session: a larger number each time. */
  beat(session: string, count: number): Promise<void>;
  /** Deletes the heartbeat of a session. */
  forget(session: string): Promise<void>;
}
