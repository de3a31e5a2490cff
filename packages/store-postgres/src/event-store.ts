import type { EventStore, Position, RecordedEvent, StreamId } from '@login-policy/event-sourcing';
import {
  readThrough,
  refuseOver,
  type WaitOptions,
  StoreClosed,
  type Append,
  type ReadAllOptions,
  type ReadStreamOptions,
  type ReadStreamsOptions,
  type Receipt,
  type StreamReceipt,
  pageSizeOf,
  type SubscriptionMessage,
  type AppendQueue,
  Feed,
  type Reader,
} from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { listedReceipts } from './listed-receipts.js';
import { EventReads } from './reads.js';
import type { Schema } from './schema.js';
import { readStreams } from './streams-reader.js';
import type { SchemaWatch } from './watch.js';

/** What the event store works with. */
export interface EventStoreParts {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly appends: AppendQueue;
  readonly watch: SchemaWatch;
  readonly largestPageBytes: number;
}

/** The events of one schema. Appends that wait at the same time share a transaction. */
export class PostgresEventStore implements EventStore {
  readonly #parts: EventStoreParts;
  readonly #reads: EventReads;
  readonly #feed: Feed;
  #isClosed = false;

  constructor(parts: EventStoreParts) {
    this.#parts = parts;
    this.#reads = new EventReads(parts.connection, parts.schema, parts.largestPageBytes);
    this.#feed = new Feed({
      reader: (options) => this.#reader(options),
      changed: (signal) => parts.watch.changed(signal),
    });
  }

  async append(append: Append): Promise<readonly RecordedEvent[]> {
    const recorded = await this.#parts.appends.append(append);
    this.#parts.watch.notify();
    return recorded;
  }

  async *readStream(
    streamId: StreamId,
    options?: ReadStreamOptions,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    this.#refuseWhenClosed();
    const doing = `reading ${streamId}`;
    refuseOver(doing, options);
    for await (const page of this.#reads.stream(streamId, options)) {
      yield page;
      this.#refuseWhenClosed();
      refuseOver(doing, options);
    }
  }

  readAll(options?: ReadAllOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    return readThrough(this.#reader(options), options);
  }

  async *readStreams(options: ReadStreamsOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    this.#refuseWhenClosed();
    for await (const page of readStreams(this.#parts, options)) {
      yield page;
      this.#refuseWhenClosed();
    }
  }

  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    return this.#feed.subscribe(options);
  }

  async receipt(streamId: StreamId, key: string, wait?: WaitOptions): Promise<Receipt | undefined> {
    this.#refuseWhenClosed();
    refuseOver(`reading ${streamId}`, wait);
    return this.#reads.receipt(streamId, key, wait);
  }

  async *receipts(
    options: Pick<ReadAllOptions, 'pageSize' | 'signal'> = {},
  ): AsyncGenerator<readonly StreamReceipt[], void, undefined> {
    const { connection, schema } = this.#parts;
    const limit = pageSizeOf(options);
    let after: StreamReceipt | undefined;
    for (;;) {
      this.#refuseWhenClosed();
      const page = await listedReceipts(connection, schema, { after, limit, wait: options });
      if (page.length > 0) yield page;
      if (page.length < limit) return;
      after = page.at(-1);
    }
  }

  async head(wait?: WaitOptions): Promise<Position> {
    this.#refuseWhenClosed();
    refuseOver('looking for the last event', wait);
    return this.#reads.head(wait);
  }

  async knows(position: Position, wait?: WaitOptions): Promise<boolean> {
    this.#refuseWhenClosed();
    refuseOver('looking for an event', wait);
    return this.#reads.knows(position, wait);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.watch.notify();
    await this.#parts.appends.close();
  }

  #reader(options?: ReadAllOptions): Reader {
    const readAhead = this.#reads.ahead(options);
    return async (after) => {
      this.#refuseWhenClosed();
      const ahead = await readAhead(after);
      this.#refuseWhenClosed();
      return ahead;
    };
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new StoreClosed({ store: this.#parts.connection.name });
  }
}
