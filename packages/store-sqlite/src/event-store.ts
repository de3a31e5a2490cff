import {
  revision,
  type EventStore,
  type Position,
  type RecordedEvent,
  type StreamId,
} from '@login-policy/event-sourcing';
import {
  pageSizeOf,
  refuseOver,
  type WaitOptions,
  type Append,
  type ReadAllOptions,
  type ReadStreamOptions,
  type ReadStreamsOptions,
  type Receipt,
  type SubscriptionMessage,
  Feed,
  readThrough,
  streamThrough,
  type StreamPage,
  type StreamPart,
  type AppendQueue,
  yieldToLoop,
  type Reader,
} from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { EventStatements } from './event-statements.js';
import type { LogReader } from './reads.js';
import { FIRST_STREAM, type StreamsReader } from './streams-reader.js';

/** After so long a subscriber looks again, whether or not anything was heard. */
const LOOKED_AGAIN_MS = 1000;

/** What an event store in a SQLite file is made of. */
export interface EventStoreParts {
  readonly statements: EventStatements;
  readonly log: LogReader;
  readonly streams: StreamsReader;
  readonly appends: AppendQueue;
}

/** Events in a SQLite file. */
export class SqliteEventStore implements EventStore {
  readonly #connection: Connection;
  readonly #appends: AppendQueue;
  readonly #feed: Feed;
  readonly #statements: EventStatements;
  readonly #log: LogReader;
  readonly #streams: StreamsReader;

  constructor(connection: Connection, { statements, log, streams, appends }: EventStoreParts) {
    this.#connection = connection;
    this.#statements = statements;
    this.#appends = appends;
    this.#log = log;
    this.#streams = streams;
    const { watch } = connection;
    this.#feed = new Feed({
      reader: (options) => this.#reader(options),
      changed: (signal) => watch.changed(signal, LOOKED_AGAIN_MS),
    });
  }

  append(append: Append): Promise<readonly RecordedEvent[]> {
    return this.#appends.append(append);
  }

  readStream(
    streamId: StreamId,
    options?: ReadStreamOptions,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const read = (part: StreamPart): StreamPage => {
      refuseOver(`reading ${streamId}`, options);
      return this.#connection.use(() => this.#log.streamPage(streamId, part));
    };
    return streamThrough(streamId, { store: this.#connection.name, read }, options);
  }

  readAll(options?: ReadAllOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    return readThrough(this.#reader(options), options);
  }

  async *readStreams({
    upTo,
    filter,
    signal,
    ...options
  }: ReadStreamsOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const wanted = { upTo, filter, pageSize: pageSizeOf(options) };
    let place = FIRST_STREAM;
    while (signal?.aborted !== true) {
      const from = place;
      const next = this.#connection.use(() => this.#streams.next(from, wanted));
      if (next === undefined) return;
      place = next.place;
      if (next.events.length > 0) yield next.events;
      await yieldToLoop();
    }
  }

  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    return this.#feed.subscribe(options);
  }

  async receipt(streamId: StreamId, key: string, wait?: WaitOptions): Promise<Receipt | undefined> {
    refuseOver(`reading ${streamId}`, wait);
    const row = this.#connection.use(() => this.#statements.receipt.get(streamId, key));
    return row === undefined ? undefined : { key, fingerprint: row.fingerprint, revision: revision(row.revision) };
  }

  async head(wait?: WaitOptions): Promise<Position> {
    refuseOver('looking for the last event', wait);
    return this.#connection.use(() => this.#log.head());
  }

  async knows(position: Position, wait?: WaitOptions): Promise<boolean> {
    refuseOver('looking for an event', wait);
    return this.#connection.use(() => this.#log.knows(position));
  }

  async close(): Promise<void> {
    await this.#appends.close();
    await this.#connection.close();
  }

  #reader(options?: ReadAllOptions): Reader {
    const wanted = { filter: options?.filter, pageSize: pageSizeOf(options) };
    return async (after) => this.#connection.use(() => this.#log.readAhead({ ...wanted, after }));
  }
}
