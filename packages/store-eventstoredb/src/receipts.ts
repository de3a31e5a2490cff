import {
  Fault,
  isJsonObject,
  parseStreamId,
  revision,
  type Revision,
  START,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Question, ReadAllOptions, StreamReceipt, WaitOptions } from '@login-policy/event-sourcing/store';
import type { SharedBarrier } from './barrier.js';
import type { Delivery } from './delivery.js';
import { PAGE_SIZE, headOf, isSoftDeleted, type StreamReader } from './read-stream.js';
import { connectionBroke, damagedReceipt, deletedOutside } from './faults.js';
import type { Head, Receipt } from './known.js';
import { jsonIn, ownProposal, type KeptReceipt, type LogRecord } from './record.js';
import { lastRecord, type ReadingContext } from './server-reads.js';
import { retry } from './time.js';
import { PageReader, type FollowingContext } from './read-log.js';
import { LogQueries } from './log-queries.js';
import type { AllRead } from './requests.js';
import type { ServerFilter, Wanted } from './stream-names.js';

type ReceiptKey = Question['receipts'][number];

const KEPT = 'CommandReceipt';

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
  /** A barrier that counts for this look-up, too. */
  readonly shared?: SharedBarrier | undefined;
}

/** The end of a stream, and the receipt under a key in the events up to it. */
export interface EndAndReceipt {
  readonly head: Head;
  readonly receipt: Receipt | undefined;
}

/**
 * The receipts of commands. The receipt of a command with events is in the metadata of its last event, so both are
 * written together or not at all. The receipt of a command without events has a stream of its own, named by its key, of
 * one record (ADR 0010 explains why at most one use of a key acts).
 */
export class Receipts {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;
  readonly #delivery: Delivery;

  constructor(context: ReadingContext, streams: StreamReader, delivery: Delivery) {
    this.#context = context;
    this.#streams = streams;
    this.#delivery = delivery;
  }

  /** The receipt under a key. If an event and a stream of its own both have one, that of the event takes precedence. */
  async find(key: ReceiptKey, options: FindOptions = {}): Promise<Receipt | undefined> {
    const [{ receipt }, ownStream] = await Promise.all([this.findInEvents(key, options), this.#readOwn(key, options)]);
    return receipt ?? ownStream;
  }

  /** The receipt in the events up to `head`, where all of them up to there are cached. */
  known({ streamId, key }: ReceiptKey, head: Head): EndAndReceipt | undefined {
    if (head === 'none') return { head, receipt: undefined };
    const { receiptsUpTo, receipts } = this.#context.known.of(streamId);
    return head.id === receiptsUpTo?.id ? { head, receipt: receipts.get(key) } : undefined;
  }

  /** Reads the events that are not cached yet, up to the end of the stream. */
  async findInEvents({ streamId, key }: ReceiptKey, { signal, shared }: FindOptions = {}): Promise<EndAndReceipt> {
    const known = this.#context.known.of(streamId);
    let last = known.receiptsUpTo;
    let receipt = known.receipts.get(key);
    for (;;) {
      // Reads again from the last known event, even if the receipt was found: that event must still exist.
      const range = { direction: 'forwards', from: last?.revision, limit: PAGE_SIZE } as const;
      const page = await this.#streams.read(streamId, range, { signal, shared });
      if (last !== undefined && page[0]?.event.id !== last.id) {
        known.forgetReceipts();
        return this.findInEvents({ streamId, key }, { signal, shared });
      }
      const carrier = page.find(({ receipt: kept }) => kept?.key === key);
      if (carrier?.receipt !== undefined) receipt ??= { ...carrier.receipt, revision: carrier.event.revision };
      const end = page.at(-1)?.event;
      if (page.length < PAGE_SIZE) return { head: end === undefined ? 'none' : headOf(end), receipt };
      last = end;
    }
  }

  /**
   * The receipt in the stream of its own. The caller is about to append at an end of the stream that it knew before:
   * only so, no event is recorded under a key after an event of a writer that began after a use of the key was
   * answered.
   *
   * A new key costs one wait: the append without events shows that a majority knows of no receipt, and the read beside
   * it that the stream was not deleted for good, which newer servers do not tell an append without events.
   */
  async findOwn(asked: ReceiptKey, { signal }: WaitOptions = {}): Promise<Receipt | undefined> {
    const context = this.#context;
    const streamName = context.names.receiptNameOf(asked.streamId, asked.key);
    const isUnused = await retry(context, { doing: `looking for ${streamName}`, signal }, async (stopSignal) => {
      const [isWithoutEvents, record] = await Promise.all([
        context.barrier.isUnused(streamName, stopSignal),
        lastRecord(context, streamName, { signal: stopSignal, shown: undefined }),
      ]);
      return isWithoutEvents && record === undefined;
    });
    return isUnused ? undefined : this.#readOwn(asked, { signal });
  }

  /**
   * Stores the receipt of a command without events, which was decided at an end of the stream that was looked up.
   *
   * @throws ReceiptExists when another process has stored one under the key since.
   */
  async store({ streamId, receipt, revision: seenRevision }: ReceiptToStore): Promise<void> {
    const { key, fingerprint } = receipt;
    const stored: StoredReceipt = { streamId, key, fingerprint, revision: String(seenRevision) };
    const { kind } = await this.#delivery.deliver({
      streamId,
      streamName: this.#context.names.receiptNameOf(streamId, key),
      expected: 'no-stream',
      proposals: [ownProposal(KEPT, { ...stored })],
    });
    if (kind !== 'written') throw new Fault('receipt-exists', { streamId, key });
  }

  async #readOwn({ streamId, key }: ReceiptKey, { signal, shared }: FindOptions): Promise<Receipt | undefined> {
    const context = this.#context;
    const streamName = context.names.receiptNameOf(streamId, key);
    return retry(context, { doing: `reading the receipts of ${streamId}`, signal }, async (stopSignal) => {
      const reading = { signal: stopSignal, shown: await context.barrier.pass(stopSignal, shared) };
      // Side by side, because most keys are new.
      const [record, isDeleted] = await Promise.all([
        lastRecord(context, streamName, reading),
        isSoftDeleted(context, streamName, reading),
      ]);
      if (record === undefined && isDeleted) throw deletedOutside(streamName);
      if (record === undefined) return undefined;
      const { streamId: own, ...receipt } = receiptIn(record);
      if (own === streamId && receipt.key === key) return receipt;
      throw damagedReceipt(streamName, `it belongs to stream ${own}, key ${receipt.key}`);
    });
  }
}

/** @throws StoreDamaged when the record is not the one receipt of its stream. */
export function receiptIn(record: LogRecord): StreamReceipt {
  try {
    const stored = jsonIn(record);
    if (record.type !== KEPT || record.revision !== 0n) throw new TypeError('expected one CommandReceipt');
    if (!isStoredReceipt(stored)) throw new TypeError('expected a receipt with a key, a fingerprint and a revision');
    const { streamId, key, fingerprint, revision: seenRevision } = stored;
    return { streamId: parseStreamId(streamId), key, fingerprint, revision: revision(BigInt(seenRevision)) };
  } catch (cause) {
    throw damagedReceipt(record.streamName, cause);
  }
}

function isStoredReceipt(value: unknown): value is StoredReceipt {
  if (!isJsonObject(value)) return false;
  const { streamId, key, fingerprint, revision: seen } = value;
  const isComplete = [streamId, key, fingerprint].every((text) => typeof text === 'string') && typeof seen === 'string';
  return isComplete && /^\d+$/.test(seen);
}

/** Every receipt of the store: first those stored with events, then those stored in a stream of their own. */
export async function* allReceipts(
  context: FollowingContext,
  options: Pick<ReadAllOptions, 'pageSize' | 'signal'>,
): AsyncGenerator<readonly StreamReceipt[], void, undefined> {
  const ownStreams = await ownStreamReceipts(context, options.signal);
  const { retryMs } = context.timeouts;
  for await (const page of new PageReader(context, options, retryMs).pages()) {
    const withEvents = page.flatMap(({ event: { revision: at, streamId }, receipt }) =>
      receipt === undefined ? [] : { streamId, ...receipt, revision: at },
    );
    for (const { key, streamId } of withEvents) ownStreams.delete(context.names.receiptNameOf(streamId, key));
    if (withEvents.length > 0) yield withEvents;
  }
  if (ownStreams.size > 0) yield [...ownStreams.values()];
}

/** The receipts of commands without events, by the name of the receipt's stream. */
function ownStreamReceipts(context: ReadingContext, signal?: AbortSignal): Promise<Map<string, StreamReceipt>> {
  const { barrier, names, timeouts } = context;
  const queries = new LogQueries(context);
  const isReceipt: Wanted = ({ streamName }) => streamName.startsWith(names.receiptPrefix);
  const filterOf = (...besides: readonly string[]): ServerFilter => ({ prefixes: [names.receiptPrefix, ...besides] });
  return retry(context, { doing: 'reading all receipts', signal }, async (stopSignal) => {
    const found = new Map<string, StreamReceipt>();
    const { isSameConnection } = await barrier.pass(stopSignal);
    const wanted = { filterOf, isWanted: isReceipt, isEnough: ({ length }: readonly unknown[]) => length > 0 };
    const [last] = await queries.lastOf(wanted, stopSignal);
    const read: AllRead = { direction: 'forwards', from: START, filter: filterOf(), limit: Infinity };
    const options = { pageSize: PAGE_SIZE, withinMs: timeouts.scanMs, signal: stopSignal };
    for await (const records of last === undefined ? [] : queries.upTo(last.position, read, options)) {
      for (const record of records) {
        if (isReceipt(record)) found.set(record.streamName, receiptIn(record));
      }
    }
    if (!isSameConnection()) throw connectionBroke('reading all receipts');
    return found;
  });
}
