import type { Position, StreamId } from '@login-policy/event-sourcing';
import {
  type Found,
  type LogBackend,
  type LogRange,
  type Plan,
  type Question,
  type ReadAhead,
  type StreamPage,
  type StreamPart,
  type StreamReceipt,
  type Transacted,
  type Transaction,
  type Trouble,
  type WaitOptions,
  within,
} from '@login-policy/event-sourcing/store';
import { Receipts, allReceipts } from './receipts.js';
import { Barrier } from './barrier.js';
import { BatchSender } from './batch.js';
import type { Connection } from './connection.js';
import { EventStoreDbConsumers } from './consumers.js';
import { Delivery } from './delivery.js';
import { STORE } from './faults.js';
import { PartialAppends } from './page-maker.js';
import { KnownStreams, OwnEvents } from './known.js';
import { Lookups } from './lookups.js';
import type { StreamNames } from './stream-names.js';
import { PageReader, type FollowingContext } from './read-log.js';
import { StreamReader, WholeStreams } from './read-stream.js';
import { LogReader } from './log.js';
import type { ReadingContext } from './server-reads.js';
import { Writer } from './writer.js';
import type { Timeouts } from './options.js';

/** Reads the next events after a position. */
type Reader = (after: Position) => Promise<ReadAhead>;

/** The parts of a backend on EventStoreDB. */
export interface BackendParts {
  readonly connection: Connection;
  readonly names: StreamNames;
  readonly timeouts: Required<Timeouts>;
}

/** The events in an EventStoreDB. Rows are stored elsewhere. */
export class EventStoreDbBackend implements LogBackend {
  readonly name: string = STORE;
  readonly form = 'value';
  readonly consumers: EventStoreDbConsumers;
  /**
   * Twice the append time-out, because the clock is read before an append is sent. The factor 2 allows for inaccurate
   * clocks and slow networks.
   */
  readonly lateByMs: number;
  readonly provesReads = true;
  /** The whole log. */
  readonly log: LogReader;
  readonly #parts: BackendParts;
  readonly #closing = new AbortController();
  /** Fires when even the running appends are aborted. */
  readonly #abandoning = new AbortController();
  readonly #sender: BatchSender;
  readonly #context: FollowingContext;
  readonly #streams: WholeStreams;
  readonly #lookups: Lookups;
  readonly #writer: Writer;
  readonly #readers = new WeakMap<LogRange, Reader>();

  constructor(parts: BackendParts) {
    const { connection, timeouts } = parts;
    this.#parts = parts;
    this.lateByMs = 2 * timeouts.appendMs;
    this.#sender = new BatchSender(connection, timeouts.appendMs);
    const known = new KnownStreams(() => connection.currentId);
    const barrier = new Barrier({
      ...parts,
      withinMs: Math.min(timeouts.stallMs, timeouts.readMs),
      closing: this.#abandoning.signal,
    });
    const partialAppends = new PartialAppends(timeouts.stallMs);
    const shared = { ...parts, known, barrier, partialAppends, ownEvents: new OwnEvents() };
    const context: ReadingContext = { ...shared, closing: this.#closing.signal };
    const untilAbandoned: ReadingContext = { ...shared, closing: this.#abandoning.signal };
    this.log = new LogReader(context);
    this.#context = { ...context, log: this.log };
    const [streams, delivery] = [new StreamReader(context), new Delivery(untilAbandoned, this.#sender)];
    const receipts = new Receipts(context, streams, delivery);
    this.#streams = new WholeStreams(context, streams);
    this.#lookups = new Lookups({ streams, receipts, log: this.log });
    this.#writer = new Writer({ ...context, lookups: this.#lookups, receipts, delivery, ends: this.log.ends });
    this.consumers = new EventStoreDbConsumers({ context, delivery, log: this.log });
  }

  trouble(): Trouble | undefined {
    return this.#parts.connection.trouble;
  }

  transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    return this.#writer.transact(transaction);
  }

  findWritten(plan: Plan): ReturnType<LogBackend['findWritten']> {
    return this.#writer.findWritten(plan);
  }

  lookUp(question: Question, wait: WaitOptions = {}): Promise<Found> {
    return this.#lookups.find(question, wait);
  }

  readStream(
    streamId: StreamId,
    part: StreamPart,
    wait?: Parameters<LogBackend['readStream']>[2],
  ): Promise<StreamPage> {
    return this.#streams.part(streamId, part, wait);
  }

  readLog(after: Position, range: LogRange, wait?: WaitOptions): Promise<ReadAhead> {
    const read = this.#readers.get(range) ?? this.#reader(range, wait);
    this.#readers.set(range, read);
    return read(after);
  }

  readReceipts(pageSize: number, wait: WaitOptions = {}): AsyncIterable<readonly StreamReceipt[]> {
    return allReceipts(this.#context, { pageSize, signal: wait.signal });
  }

  /** Nothing is pushed: a subscription asks again after `probeMs`. */
  async changed(signal: AbortSignal, withinMs: number = this.#parts.timeouts.probeMs): Promise<void> {
    await within(new Promise<void>(() => undefined), withinMs, signal, this.#closing.signal);
  }

  async close(writing: Promise<void> = Promise.resolve()): Promise<void> {
    const { closeMs } = this.#parts.timeouts;
    this.#closing.abort();
    await within(writing, closeMs);
    this.#abandoning.abort();
    this.#sender.close();
    await within(writing, closeMs);
    this.#parts.connection.close();
  }

  #reader({ filter, isFollowed = false, pageSize }: LogRange, { signal }: WaitOptions = {}): Reader {
    const options = { isFollowed, pageSize, signal, ...(filter !== undefined && { filter }) };
    // A follower asks again by itself. So it knows from the first failure that the store is away.
    const retryMs = isFollowed ? 0 : this.#parts.timeouts.retryMs;
    const reader = new PageReader(this.#context, options, retryMs);
    return (after) => reader.read(after);
  }
}
