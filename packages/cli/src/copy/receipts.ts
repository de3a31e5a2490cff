import type { Revision, Store, StreamId } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** A receipt, and the stream it belongs to. */
export interface StoredReceipt {
  readonly streamId: StreamId;
  readonly key: string;
  readonly fingerprint: string;
  readonly revision: Revision;
}

/** All receipts of a store, by stream and revision. In memory, about 300 bytes each. */
export class Receipts {
  readonly #byEvent = new Map<string, StoredReceipt[]>();
  #count = 0;

  private constructor() {}

  /** @throws Failure for a store that can't list its receipts. */
  static async of({ eventStore }: Store): Promise<Receipts> {
    const all = new Receipts();
    if (eventStore.receipts === undefined) throw new Failure(EXIT.store, 'This store can’t list its receipts.');
    for await (const page of eventStore.receipts()) for (const receipt of page) all.#add(receipt);
    return all;
  }

  get count(): number {
    return this.#count;
  }

  /** The receipts of commands that found the stream ending with this event. */
  at(streamId: StreamId, revision: Revision): readonly StoredReceipt[] {
    return this.#byEvent.get(keyOf(streamId, revision)) ?? [];
  }

  /** The receipts that another store lacks, or that differ there. */
  *missingIn(other: Receipts): Generator<StoredReceipt, void, undefined> {
    for (const receipts of this.#byEvent.values()) {
      for (const receipt of receipts) if (!other.#has(receipt)) yield receipt;
    }
  }

  #has({ fingerprint, key, revision, streamId }: StoredReceipt): boolean {
    return this.at(streamId, revision).some((one) => one.key === key && one.fingerprint === fingerprint);
  }

  #add(receipt: StoredReceipt): void {
    const key = keyOf(receipt.streamId, receipt.revision);
    const receipts = this.#byEvent.get(key);
    if (receipts === undefined) this.#byEvent.set(key, [receipt]);
    else receipts.push(receipt);
    this.#count += 1;
  }
}

function keyOf(streamId: StreamId, revision: Revision): string {
  return `${revision} ${streamId}`;
}
