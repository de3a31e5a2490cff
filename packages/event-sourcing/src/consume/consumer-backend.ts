import type { WaitOptions } from '../deadline.js';
import type { Position } from '../streams/position.js';

/** One opening of a consumer in one process. */
export interface Holder {
  /** The opening of the store: it says now and then that it lives. */
  readonly session: string;
  /** The consumer within it. */
  readonly run: number;
}

/** What a store keeps of a consumer. */
export interface ConsumerRecord {
  /** Who works; `undefined` when nobody does. */
  readonly holder: Holder | undefined;
  /** Up to here everything is handled. */
  readonly position: Position;
}

/** The record of a consumer as it was found. */
export interface FoundConsumer extends ConsumerRecord {
  /** How often it was written: the fencing token. */
  readonly version: bigint;
  /** What the session of the holder said last; `undefined` when it said nothing, or has left. */
  readonly beat: number | undefined;
}

/**
 * Where a store keeps its consumers: small records, compared and set. It knows nothing of turns, and needs no clock: who stands by
 * notices that a record and the beat of its holder stand still. `consumerContract` of the testkit holds a store to this.
 *
 * Any method may reject with `StoreUnavailable`, `StoreClosed`, `StoreDamaged`, `StoreForeign` or `StoreFull`.
 */
export interface ConsumerBackend {
  /** Finds the records of these names, all of one moment where the store can say so. A name that nobody used is not among them. */
  look(names: readonly string[], wait?: WaitOptions): Promise<ReadonlyMap<string, FoundConsumer>>;
  /**
   * Writes a record, if it was written `expected` times: 0 when it is not there. Then it was written once more.
   *
   * @throws PositionUnknown when its position stands for no event of this store: nothing was written.
   */
  put(name: string, record: ConsumerRecord, expected: bigint): Promise<'written' | 'overtaken'>;
  /** A session says that it lives, with a larger number each time. */
  beat(session: string, count: number): Promise<void>;
  /** Forgets what a session said. */
  forget(session: string): Promise<void>;
}
