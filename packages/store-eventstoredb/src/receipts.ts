import { randomUUID } from 'node:crypto';
import { revision, type Revision, type StreamId } from '@login-policy/event-sourcing';
import {
  Fault,
  parseStreamId,
  revisionAfter,
  type Receipt,
  type ReceiptKey,
  type StreamReceipt,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import type { Delivery } from './delivery.js';
import { damagedReceipt } from './faults.js';
import type { Head } from './known-streams.js';
import { refuseGivenUp, type StreamReader } from './reading-streams.js';
import { streamReadRequest } from './requests.js';
import { streamNameOf, typeOf, type KeptReceipt, type Proposal, type WireEvent } from './rows.js';
import { recordsOf, retrying, serverRead, type ReadingContext } from './server-reads.js';

/** Not yet valid. Readers must first resolve it to kept or void. */
const INTENDED = 'CommandReceiptIntended';
const KEPT = 'CommandReceipt';
const VOIDED = 'CommandReceiptVoided';

/** The last record about a receipt without events. */
type Alone = Final | Intended;
type Final =
  | { readonly is: 'none'; readonly last: Revision | undefined }
  | { readonly is: 'kept'; readonly last: Revision; readonly receipt: Receipt };
interface Intended {
  readonly is: 'intended';
  readonly last: Revision;
  readonly receipt: Receipt;
}

/** The stored content of a receipt without events. The revision is in decimal digits. */
interface Content {
  readonly streamId: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly revision: string;
}

/** A receipt to store for a command without events. */
export interface Keeping {
  readonly streamId: StreamId;
  readonly receipt: KeptReceipt;
  /** The stream's revision when the command had nothing to change. */
  readonly revision: Revision;
}

/** The last event of the stream, if it is known, and a signal. */
interface Behind extends WaitOptions {
  readonly head?: Head | undefined;
}

const FIRST: Revision = revision(0n);

/** The parts that complete a begun operation, even while the store is being closed. */
export interface Settling {
  readonly delivery: Delivery;
  readonly streams: StreamReader;
}

/**
 * The receipts of commands. The receipt of a command with events is in the metadata of its last event, so both are
 * written together or not at all. The receipt of a command without events has a stream of its own, named by its key
 * (ADR 0010 explains how the two stay unique).
 */
export class Receipts {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;
  readonly #settling: Settling;

  constructor(context: ReadingContext, streams: StreamReader, settling: Settling) {
    this.#context = context;
    this.#streams = streams;
    this.#settling = settling;
  }

  /**
   * The receipt under a key. `head` is the last event of the stream, if it was looked up. Events after it need not be
   * read, because they make the append fail anyway. Events before it need not be read again if their receipts are
   * known. A receipt in the stream's events takes precedence over one without events.
   */
  async find({ streamId, key }: ReceiptKey, { head, signal }: Behind = {}): Promise<Receipt | undefined> {
    if (head === 'none') return undefined;
    const { covered, receipts } = this.#context.known.of(streamId);
    const isComplete = head !== undefined && head.id === covered?.id;
    const [inStream, alone] = await Promise.all([
      isComplete ? receipts.get(key) : this.#findInStream(streamId, key, signal),
      this.#findAlone(streamId, key, signal),
    ]);
    if (inStream !== undefined || alone.is !== 'kept') return inStream;
    if (!isComplete) await this.#demandSeen(streamId, alone.receipt, signal);
    return alone.receipt;
  }

  /**
   * Checks a receipt without events against the stream: its command has seen this revision.
   *
   * @throws StoreDamaged when the receipt names a later event than the stream has.
   */
  async #demandSeen(streamId: StreamId, { key, revision: seen }: Receipt, signal?: AbortSignal): Promise<void> {
    const { covered } = this.#context.known.of(streamId);
    if (covered !== undefined && seen <= covered.revision) return;
    const head = await this.#streams.head(streamId, signal);
    refuseGivenUp(streamId, signal);
    if (head !== 'none' && seen <= head.revision) return;
    throw damagedReceipt(this.#context.names.receiptNameOf(streamId, key), 'it names an event that is not there');
  }

  /**
   * Stores a receipt without events, unless the stream has changed meanwhile. A concurrent append with the same key may
   * have looked before the receipt was stored. So the receipt is first written as intended; then the stream is read
   * again, and the receipt becomes kept or void.
   *
   * @throws ReceiptExists when another process has stored, or is storing, a receipt under the key.
   */
  async keep({ streamId, receipt, revision: seen }: Keeping): Promise<'kept' | 'overtaken'> {
    const { key, fingerprint } = receipt;
    const { is, last } = await this.#findAlone(streamId, key);
    // Another process stored one since the caller looked. This would be a second one.
    if (is === 'kept') throw new Fault('receipt-exists', { streamId, key });
    const intended = { key, fingerprint, revision: seen };
    if (!(await this.#write(streamId, { type: INTENDED, after: last, receipt: intended }))) {
      throw new Fault('receipt-exists', { streamId, key });
    }
    const place = revisionAfter(last);
    const became = await this.#settled(streamId, { is: 'intended', last: place, receipt: intended });
    // A later record does not belong to this receipt.
    return became.is === 'kept' && became.last === revisionAfter(place) ? 'kept' : 'overtaken';
  }

  /** Makes an intended receipt kept or void, because its writer may have crashed. Other records are final. */
  async #settled(streamId: StreamId, alone: Alone): Promise<Final> {
    let found = alone;
    while (found.is === 'intended') found = await this.#settle(streamId, found);
    return found;
  }

  async #settle(streamId: StreamId, { last: after, receipt }: Intended): Promise<Alone> {
    const head = await this.#settling.streams.head(streamId);
    const isKept = head !== 'none' && head.revision === receipt.revision;
    const isDone = await this.#write(streamId, { type: isKept ? KEPT : VOIDED, after, receipt });
    // Another process decided first. Its record counts.
    if (!isDone) return this.#lastAlone(streamId, receipt.key);
    const last = revisionAfter(after);
    return isKept ? { is: 'kept', last, receipt } : { is: 'none', last };
  }

  /** Writes a record about a receipt at an exact revision; `false` when another record is there. */
  async #write(
    streamId: StreamId,
    { type, after, receipt }: { type: string; after: Revision | undefined; receipt: Receipt },
  ): Promise<boolean> {
    const streamName = this.#context.names.receiptNameOf(streamId, receipt.key);
    const proposals = [proposalOf(type, { streamId, ...receipt, revision: String(receipt.revision) })];
    const prepared = { streamId, streamName, expected: after ?? ('no-stream' as const), proposals };
    return (await this.#settling.delivery.deliver(prepared)).kind === 'written';
  }

  async #findInStream(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Receipt | undefined> {
    for (;;) {
      const known = this.#context.known.of(streamId);
      const { covered } = known;
      let found = known.receipts.get(key);
      let isSame = covered === undefined;
      // Reads again from the last known event, even if the receipt was found: that event must still exist.
      for await (const page of this.#streams.pages(streamId, { from: covered?.revision ?? FIRST, signal })) {
        isSame ||= page[0]?.event.id === covered?.id;
        if (!isSame) break;
        const carrier = page.find(({ receipt }) => receipt?.key === key);
        if (carrier?.receipt !== undefined) found ??= { ...carrier.receipt, revision: carrier.event.revision };
      }
      refuseGivenUp(streamId, signal);
      if (isSame) return found;
      known.forgetReceipts();
    }
  }

  async #findAlone(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Final> {
    return this.#settled(streamId, await this.#lastAlone(streamId, key, signal));
  }

  async #lastAlone(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Alone> {
    const { connection, names, timeouts } = this.#context;
    const streamName = names.receiptNameOf(streamId, key);
    const request = streamReadRequest({ streamName, direction: 'backwards', from: undefined, limit: 1 });
    return retrying(this.#context, { doing: `reading the receipts of ${streamId}`, signal }, async (stop) => {
      const read = { request, pageSize: 1, withinMs: timeouts.readMs, signal: stop };
      for await (const messages of serverRead(connection, read)) {
        for (const record of recordsOf(messages)) return aloneOf(record, { streamId, key });
      }
      return { is: 'none', last: undefined };
    });
  }
}

/** @throws StoreDamaged when the record is about another stream or key. */
function aloneOf(record: WireEvent, place: ReceiptKey): Alone {
  const [type, last] = [typeOf(record), revision(BigInt(record.getStreamRevision()))];
  if (type !== KEPT && type !== INTENDED) return { is: 'none', last };
  const { streamId, key, fingerprint, revision: seen } = receiptIn(record);
  if (streamId !== place.streamId || key !== place.key)
    throw damagedReceipt(streamNameOf(record), `it is one of ${streamId}, key ${key}`);
  const receipt = { key, fingerprint, revision: seen };
  return { is: type === KEPT ? 'kept' : 'intended', last, receipt };
}

/**
 * The receipt in a record, with its stream; `undefined` for one that is only intended, or void.
 *
 * @throws StoreDamaged when the record is malformed.
 */
export function keptIn(record: WireEvent): StreamReceipt | undefined {
  return typeOf(record) === KEPT ? receiptIn(record) : undefined;
}

/** @throws StoreDamaged when the record holds no receipt. */
function receiptIn(record: WireEvent): StreamReceipt {
  try {
    const content: unknown = JSON.parse(Buffer.from(record.getData_asU8()).toString('utf8'));
    if (!isContent(content)) throw new TypeError('expected a receipt with a key, a fingerprint and a revision');
    const { streamId, key, fingerprint, revision: seen } = content;
    return { streamId: parseStreamId(streamId), key, fingerprint, revision: revision(BigInt(seen)) };
  } catch (cause) {
    throw damagedReceipt(streamNameOf(record), cause);
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false;
  const [streamId, key, fingerprint, seen] = ['streamId', 'key', 'fingerprint', 'revision'].map((name): unknown =>
    Reflect.get(value, name),
  );
  const isComplete = [streamId, key, fingerprint].every((text) => typeof text === 'string') && typeof seen === 'string';
  return isComplete && /^\d+$/.test(seen);
}

function proposalOf(type: string, content: Readonly<Record<string, string>>): Proposal {
  const metadata = Buffer.from('{"schemaVersion":1}');
  return { uuid: randomUUID(), type, data: Buffer.from(JSON.stringify(content)), metadata };
}
