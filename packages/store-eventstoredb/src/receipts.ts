import { revision, type Revision, type StreamId } from '@login-policy/event-sourcing';
import { revisionAfter, type StreamReceipt, type WaitOptions, type Question } from '@login-policy/event-sourcing/store';
import { Fault, isJsonObject, parseStreamId } from '@login-policy/event-sourcing/values';
import type { Delivery } from './delivery.js';
import { isSoftDeleted } from './deleted-streams.js';
import { damagedReceipt, deletedOutside } from './faults.js';
import type { Head, Receipt } from './known-streams.js';
import { PAGE_SIZE, type StreamReader } from './stream-reader.js';
import { jsonIn, ownProposal, streamNameOf, typeOf, type KeptReceipt, type WireEvent } from './record-codec.js';
import { lastRecord, type ReadingContext } from './server-reads.js';
import { retry } from './time.js';

type ReceiptKey = Question['receipts'][number];

/** Not yet valid. Readers must first resolve it to kept or void. */
const INTENDED = 'CommandReceiptIntended';
const KEPT = 'CommandReceipt';
const VOIDED = 'CommandReceiptVoided';

/** The state of the stream of one receipt. Its last record, at the revision `last`, decides. */
type ReceiptState = FinalState | IntendedState;
/** `none`: the stream has no records, or the last one makes the receipt void. */
type FinalState =
  | { readonly status: 'none'; readonly last: Revision | undefined }
  | { readonly status: 'kept'; readonly last: Revision; readonly receipt: Receipt };
interface IntendedState {
  readonly status: 'intended';
  readonly last: Revision;
  readonly receipt: Receipt;
}

/** The stored receipt of a command without events. The revision is in decimal digits. */
interface StoredReceipt {
  readonly streamId: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly revision: string;
}

/** A receipt to store for a command without events. */
export interface ReceiptToStore {
  readonly streamId: StreamId;
  readonly receipt: KeptReceipt;
  /** The stream's revision when the command had nothing to change. */
  readonly revision: Revision;
}

interface FindOptions extends WaitOptions {
  /** The last event of the stream, if the caller has looked it up. */
  readonly head?: Head | undefined;
}

/** Reads and writes that still work while the store is being closed, so that running operations can complete. */
export interface CompletionParts {
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
  readonly #completion: CompletionParts;

  constructor(context: ReadingContext, streams: StreamReader, completion: CompletionParts) {
    this.#context = context;
    this.#streams = streams;
    this.#completion = completion;
  }

  /**
   * The receipt under a key. If an event and a stream of its own both have one, that of the event takes precedence.
   *
   * A caller that is about to append passes the `head` it looked up. Receipts after it are then left out, because later
   * events make the append fail anyway. If the receipts up to `head` are cached, the events are not read again.
   */
  async find({ streamId, key }: ReceiptKey, { head, signal }: FindOptions = {}): Promise<Receipt | undefined> {
    if (head === 'none') return undefined;
    const { receiptsUpTo, receipts } = this.#context.known.of(streamId);
    const isComplete = head !== undefined && head.id === receiptsUpTo?.id;
    const [inEvents, ownStream] = await Promise.all([
      isComplete ? receipts.get(key) : this.#findInStream(streamId, key, signal),
      this.#findAndResolve(streamId, key, signal),
    ]);
    return inEvents ?? (ownStream.status === 'kept' ? ownStream.receipt : undefined);
  }

  /**
   * Stores the receipt of a command without events, unless the stream has changed meanwhile. A concurrent append with
   * the same key may have looked for the receipt before it was stored. So it is first written as intended; then the
   * stream is read again, and the receipt becomes kept or void.
   *
   * @throws ReceiptExists when another process has stored, or is storing, a receipt under the key.
   */
  async store({ streamId, receipt, revision: seenRevision }: ReceiptToStore): Promise<'stored' | 'overtaken'> {
    const { key, fingerprint } = receipt;
    const { status, last } = await this.#findAndResolve(streamId, key);
    // Another process has stored a receipt since the caller looked.
    if (status === 'kept') throw new Fault('receipt-exists', { streamId, key });
    const intended = { key, fingerprint, revision: seenRevision };
    if (!(await this.#write(streamId, { type: INTENDED, after: last, receipt: intended }))) {
      throw new Fault('receipt-exists', { streamId, key });
    }
    const intendedAt = revisionAfter(last);
    const final = await this.#resolve(streamId, { status: 'intended', last: intendedAt, receipt: intended });
    // A later record does not belong to this receipt.
    return final.status === 'kept' && final.last === revisionAfter(intendedAt) ? 'stored' : 'overtaken';
  }

  /** Makes an intended receipt kept or void, because its writer may have crashed. Other records are final. */
  async #resolve(streamId: StreamId, found: ReceiptState): Promise<FinalState> {
    let state = found;
    while (state.status === 'intended') state = await this.#resolveOnce(streamId, state);
    return state;
  }

  async #resolveOnce(streamId: StreamId, { last: after, receipt }: IntendedState): Promise<ReceiptState> {
    const head = await this.#completion.streams.head(streamId);
    const isKept = head !== 'none' && head.revision === receipt.revision;
    const isWritten = await this.#write(streamId, { type: isKept ? KEPT : VOIDED, after, receipt });
    // Another process resolved it first. Its record counts.
    if (!isWritten) return this.#readState(streamId, receipt.key);
    const last = revisionAfter(after);
    return isKept ? { status: 'kept', last, receipt } : { status: 'none', last };
  }

  /** Writes a record about a receipt at an exact revision; `false` when another record exists there. */
  async #write(
    streamId: StreamId,
    { type, after, receipt }: { type: string; after: Revision | undefined; receipt: Receipt },
  ): Promise<boolean> {
    const streamName = this.#context.names.receiptNameOf(streamId, receipt.key);
    const proposals = [ownProposal(type, { streamId, ...receipt, revision: String(receipt.revision) })];
    const prepared = { streamId, streamName, expected: after ?? ('no-stream' as const), proposals };
    return (await this.#completion.delivery.deliver(prepared)).kind === 'written';
  }

  async #findInStream(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Receipt | undefined> {
    const known = this.#context.known.of(streamId);
    let last = known.receiptsUpTo;
    let found = known.receipts.get(key);
    for (;;) {
      // Reads again from the last known event, even if the receipt was found: that event must still exist.
      const range = { direction: 'forwards', from: last?.revision, limit: PAGE_SIZE } as const;
      const page = await this.#streams.read(streamId, range, { signal });
      if (last !== undefined && page[0]?.event.id !== last.id) {
        known.forgetReceipts();
        return this.#findInStream(streamId, key, signal);
      }
      const carrier = page.find(({ receipt }) => receipt?.key === key);
      if (carrier?.receipt !== undefined) found ??= { ...carrier.receipt, revision: carrier.event.revision };
      if (page.length < PAGE_SIZE) return found;
      last = page.at(-1)?.event;
    }
  }

  async #findAndResolve(streamId: StreamId, key: string, signal?: AbortSignal): Promise<FinalState> {
    return this.#resolve(streamId, await this.#readState(streamId, key, signal));
  }

  async #readState(streamId: StreamId, key: string, signal?: AbortSignal): Promise<ReceiptState> {
    const streamName = this.#context.names.receiptNameOf(streamId, key);
    return retry(this.#context, { doing: `reading the receipts of ${streamId}`, signal }, async (stopSignal) => {
      const shown = await this.#context.barrier.pass(stopSignal);
      const reading = { signal: stopSignal, shown };
      // Side by side, because most keys are new.
      const [record, isDeleted] = await Promise.all([
        lastRecord(this.#context, streamName, reading),
        isSoftDeleted(this.#context, streamName, reading),
      ]);
      if (record !== undefined) return stateOf(record, { streamId, key });
      if (isDeleted) throw deletedOutside(streamName);
      return { status: 'none', last: undefined };
    });
  }
}

/** @throws StoreDamaged when the record is about another stream or key, or not about a receipt. */
function stateOf(record: WireEvent, expected: ReceiptKey): ReceiptState {
  const [type, last] = [typeOf(record), revision(BigInt(record.getStreamRevision()))];
  if (type === VOIDED) return { status: 'none', last };
  if (type !== KEPT && type !== INTENDED) throw damagedReceipt(streamNameOf(record), `a record of type ${type}`);
  const { streamId, key, fingerprint, revision: seenRevision } = receiptIn(record);
  if (streamId !== expected.streamId || key !== expected.key)
    throw damagedReceipt(streamNameOf(record), `it belongs to stream ${streamId}, key ${key}`);
  const receipt = { key, fingerprint, revision: seenRevision };
  return { status: type === KEPT ? 'kept' : 'intended', last, receipt };
}

/**
 * The kept receipt in a record, with its stream; `undefined` when the record makes a receipt intended or void.
 *
 * @throws StoreDamaged when the record is malformed.
 */
export function keptReceiptIn(record: WireEvent): StreamReceipt | undefined {
  return typeOf(record) === KEPT ? receiptIn(record) : undefined;
}

/** @throws StoreDamaged when the record holds no receipt. */
function receiptIn(record: WireEvent): StreamReceipt {
  try {
    const stored = jsonIn(record);
    if (!isStoredReceipt(stored)) throw new TypeError('expected a receipt with a key, a fingerprint and a revision');
    const { streamId, key, fingerprint, revision: seenRevision } = stored;
    return { streamId: parseStreamId(streamId), key, fingerprint, revision: revision(BigInt(seenRevision)) };
  } catch (cause) {
    throw damagedReceipt(streamNameOf(record), cause);
  }
}

function isStoredReceipt(value: unknown): value is StoredReceipt {
  if (!isJsonObject(value)) return false;
  const { streamId, key, fingerprint, revision: seen } = value;
  const isComplete = [streamId, key, fingerprint].every((text) => typeof text === 'string') && typeof seen === 'string';
  return isComplete && /^\d+$/.test(seen);
}
