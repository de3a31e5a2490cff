import { ownerOfStream } from '@login-policy/domain/model';
import type { EventStore, RecordedEvent, Revision, StreamId } from '@login-policy/event-sourcing';
import type { StoredReceipt } from '../copy/receipts.js';
import { eventName } from '../copy/same-event.js';
import type { Findings } from './findings.js';
import { readableMetadata } from './readable-metadata.js';

/** Every command's fingerprint: SHA-256 in hexadecimal. */
const FINGERPRINT = /^[0-9a-f]{64}$/;

/**
 * Checks that each command of a policy that was recorded under an idempotency key has its receipt: without it, the
 * command is carried out again when it is repeated. And that each receipt names a command that can have been given.
 */
export class ReceiptChecks {
  readonly #findings: Findings;
  readonly #ends = new Map<StreamId, Revision>();
  /** The last event of each append under a key, until its receipt is found. */
  readonly #recorded = new Map<string, RecordedEvent>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Call it with every event. */
  add(event: RecordedEvent): void {
    const { append, revision: last, streamId } = event;
    if (ownerOfStream(streamId) === undefined) return;
    this.#ends.set(streamId, last);
    const metadata = readableMetadata(event);
    if (metadata?.idempotencyKey === undefined || append?.place !== append?.count) return;
    this.#recorded.set(nameOf({ streamId, key: metadata.idempotencyKey }), event);
  }

  /** Call it after the last event. */
  async check(eventStore: EventStore, signal: AbortSignal): Promise<void> {
    if (eventStore.receipts === undefined) return;
    for await (const page of eventStore.receipts({ signal }))
      for (const receipt of page) await this.#check(receipt, eventStore);
    signal.throwIfAborted();
    for (const event of this.#recorded.values())
      this.#findings.add(eventName(event), `the receipt of its idempotency key is missing`);
  }

  async #check(receipt: StoredReceipt, eventStore: EventStore): Promise<void> {
    const { fingerprint, key, revision: stored, streamId } = receipt;
    if (ownerOfStream(streamId) === undefined) return;
    const where = `the receipt ${JSON.stringify(key)} of ${streamId}`;
    const name = nameOf(receipt);
    const event = this.#recorded.get(name);
    this.#recorded.delete(name);
    if (!FINGERPRINT.test(fingerprint)) this.#findings.add(where, 'it does not have the fingerprint of a command');
    if (event !== undefined && event.revision !== stored)
      this.#findings.add(
        where,
        `it names revision ${stored}, and its command was recorded up to revision ${event.revision}`,
      );
    else if (stored > (this.#ends.get(streamId) ?? -1n) && !(await isThere(eventStore, receipt)))
      this.#findings.add(where, `it names revision ${stored}, which its stream lacks`);
  }
}

/** Whether an event exists that was recorded after the events were read. */
async function isThere(eventStore: EventStore, { revision: from, streamId }: StoredReceipt): Promise<boolean> {
  for await (const { length } of eventStore.readStream(streamId, { from, limit: 1 })) return length > 0;
  return false;
}

function nameOf({ key, streamId }: Pick<StoredReceipt, 'key' | 'streamId'>): string {
  return `${streamId.length} ${streamId}${key}`;
}
