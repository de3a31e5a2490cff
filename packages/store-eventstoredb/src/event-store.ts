import type { Clock, EventStore, Position, RecordedEvent, StreamId } from '@login-policy/event-sourcing';
import {
  Acknowledged,
  Feed,
  type HeadProof,
  StoreClosed,
  type Append,
  type Fault,
  type ReadAllOptions,
  type ReadStreamOptions,
  type Receipt,
  type StreamReceipt,
  type SubscriptionMessage,
  within,
  refuseOver,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { allReceipts } from './all-receipts.js';
import { Appender } from './append.js';
import { BatchLine } from './append-queue.js';
import type { Connection } from './connection.js';
import { EventStoreDbConsumers } from './consumers.js';
import type { Timeouts } from './deadline.js';
import { Delivery } from './delivery.js';
import { leavable } from './ending.js';
import { STORE } from './faults.js';
import { Halves } from './halves.js';
import { OwnEvents } from './own-events.js';
import { KnownStreams } from './known-streams.js';
import { Leadership } from './leadership.js';
import { LiveReader } from './live-reader.js';
import { PageReader } from './page-reader.js';
import { LogReader } from './reads.js';
import { StreamReader, type Page } from './reading-streams.js';
import { Receipts } from './receipts.js';
import type { ReadingContext } from './server-reads.js';
import type { StreamNames } from './names.js';
import { WholeStreams } from './whole-streams.js';

/** What the event store is made of. */
export interface EventStoreParts {
  readonly connection: Connection;
  readonly names: StreamNames;
  readonly clock: Clock;
  readonly timeouts: Required<Timeouts>;
}

/** The event store port on EventStoreDB. */
export class EventStoreDbEventStore implements EventStore {
  /** The clock is read before an append goes out, and its answer is waited for; twice that, for clocks and networks that are late. */
  readonly lateByMs: number;
  readonly acknowledged: Acknowledged = new Acknowledged();
  /** What is kept of consumers. */
  readonly consumers: EventStoreDbConsumers;
  readonly #closing: AbortController = new AbortController();
  /** Fires when even appends under way are given up. */
  readonly #abandoning: AbortController = new AbortController();
  readonly #timeouts: Required<Timeouts>;
  readonly #connection: Connection;
  readonly #line: BatchLine;
  readonly #context: ReadingContext;
  readonly #log: LogReader;
  readonly #streams: StreamReader;
  readonly #whole: WholeStreams;
  readonly #receipts: Receipts;
  readonly #appender: Appender;
  readonly #feed: Feed;
  readonly #underWay: Set<Promise<unknown>> = new Set();

  constructor({ connection, names, clock, timeouts }: EventStoreParts) {
    this.#timeouts = timeouts;
    this.#connection = connection;
    this.lateByMs = 2 * timeouts.appendMs;
    this.#line = new BatchLine(connection, timeouts.appendMs);
    const known = new KnownStreams(() => this.#line.standing);
    const [leadership, halves] = [new Leadership(connection, timeouts.stallMs), new Halves(timeouts.stallMs)];
    const parts = { connection, names, known, timeouts, leadership, halves, own: new OwnEvents() };
    const context: ReadingContext = { ...parts, closing: this.#closing.signal };
    const untilAbandoned: ReadingContext = { ...context, closing: this.#abandoning.signal };
    const delivery = new Delivery(untilAbandoned, this.#line);
    this.#context = context;
    this.#log = new LogReader(context);
    this.#streams = new StreamReader(context);
    this.#whole = new WholeStreams(context, this.#streams);
    const settling = { delivery, streams: new StreamReader(untilAbandoned) };
    this.#receipts = new Receipts(context, this.#streams, settling);
    this.#appender = new Appender({ ...context, clock, streams: this.#streams, receipts: this.#receipts, delivery });
    this.consumers = new EventStoreDbConsumers({ context, delivery, log: this.#log });
    const following = { ...context, log: this.#log };
    this.#feed = new Feed({
      reader: (options = {}) => {
        const reader = new PageReader(following, options);
        return (after) => reader.read(after);
      },
      live: (signal) => {
        const reader = new LiveReader(following, signal);
        return (after) => reader.read(after);
      },
      // The live reader waits by itself.
      changed: async () => undefined,
    });
  }

  trouble(): Fault | undefined {
    return this.#connection.trouble;
  }

  /** Reads the whole log, for the read models beside it. */
  get log(): LogReader {
    return this.#log;
  }

  async append(append: Append): Promise<readonly RecordedEvent[]> {
    const writing = this.#appender.append(append);
    this.#underWay.add(writing);
    try {
      const recorded = await writing;
      const last = recorded.at(-1)?.position;
      this.acknowledged.note(last);
      this.#log.ends.note(last);
      return recorded;
    } finally {
      this.#underWay.delete(writing);
    }
  }

  readStream(streamId: StreamId, options: ReadStreamOptions = {}): AsyncIterable<readonly RecordedEvent[]> {
    return leavable((left) => eventsOf(this.#whole.pages(streamId, options, left)));
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<readonly RecordedEvent[]> {
    return leavable((left) => eventsOf(this.#log.pages(options, left)));
  }

  subscribe(options: ReadAllOptions = {}): AsyncIterable<SubscriptionMessage> {
    return this.#feed.subscribe(options);
  }

  async receipt(streamId: StreamId, key: string, wait: WaitOptions = {}): Promise<Receipt | undefined> {
    this.#refuseWhenClosed();
    refuseOver(`reading ${streamId}`, wait);
    return this.#receipts.find(streamId, key, wait.signal);
  }

  receipts(options: Pick<ReadAllOptions, 'pageSize' | 'signal'> = {}): AsyncIterable<readonly StreamReceipt[]> {
    this.#refuseWhenClosed();
    return allReceipts(this.#context, this.#log, options);
  }

  async head(wait: WaitOptions = {}): Promise<Position> {
    this.#refuseWhenClosed();
    return this.#log.head(wait);
  }

  async knows(position: Position, wait: WaitOptions = {}): Promise<boolean> {
    this.#refuseWhenClosed();
    return this.#log.knows(position, wait);
  }

  async proveHead(checkpoint: Position, wait: WaitOptions = {}): Promise<HeadProof> {
    this.#refuseWhenClosed();
    return this.#log.prove(checkpoint, wait);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await within(Promise.allSettled(this.#underWay), this.#timeouts.closeMs);
    this.#abandoning.abort();
    this.#line.close();
    await within(Promise.allSettled(this.#underWay), this.#timeouts.closeMs);
  }

  #refuseWhenClosed(): void {
    if (this.#closing.signal.aborted) throw new StoreClosed({ store: STORE });
  }
}

async function* eventsOf(pages: AsyncIterable<Page>): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  for await (const page of pages) yield page.map(({ event }) => event);
}
