import {
  limitOf,
  pageSizeOf,
  position,
  revision,
  START,
  subscribeByReading,
  type Append,
  type EventStore,
  type Position,
  type ReadAllOptions,
  type ReadAhead,
  type ReadStreamOptions,
  type Receipt,
  type RecordedEvent,
  type StreamId,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing';
import type { Connection } from './connection.js';
import type { EventStatements } from './event-statements.js';
import type { GroupCommit } from './group-commit.js';
import type { LogReader } from './log-reader.js';

/** There can be none beyond: SQLite's integers end here. */
const LAST_REVISION = 2n ** 63n - 1n;

/** What an event store in a SQLite file is made of. */
export interface EventStoreParts {
  readonly statements: EventStatements;
  readonly log: LogReader;
  readonly commits: GroupCommit;
}

/** Events in a SQLite file. */
export class SqliteEventStore implements EventStore {
  readonly #connection: Connection;
  readonly #commits: GroupCommit;
  readonly #statements: EventStatements;
  readonly #log: LogReader;

  constructor(connection: Connection, { statements, log, commits }: EventStoreParts) {
    this.#connection = connection;
    this.#statements = statements;
    this.#commits = commits;
    this.#log = log;
  }

  append(append: Append): Promise<readonly RecordedEvent[]> {
    return this.#commits.append(append);
  }

  async *readStream(
    streamId: StreamId,
    options?: ReadStreamOptions,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const pageSize = pageSizeOf(options);
    let left = limitOf(options);
    let isFirst = true;
    const isForwards = options?.direction !== 'backwards';
    let next: bigint = options?.from ?? (isForwards ? 0n : LAST_REVISION);
    if (next > LAST_REVISION && !isForwards) next = LAST_REVISION;
    while (left > 0 && next >= 0n && next <= LAST_REVISION) {
      const count = Math.min(pageSize, left);
      const range = { isForwards, isFirst, next, count };
      const page = this.#connection.use(() => this.#log.streamPage(streamId, range));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      left -= page.length;
      isFirst = false;
      next = last.revision + (isForwards ? 1n : -1n);
    }
  }

  async *readAll(options?: ReadAllOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const pageSize = pageSizeOf(options);
    let reached = options?.after ?? START;
    while (options?.signal?.aborted !== true) {
      const ahead = this.#readAhead(reached, options, pageSize);
      reached = ahead.considered;
      if (ahead.events.length > 0) yield ahead.events;
      if (ahead.isHead) return;
      // The driver is synchronous: without this, a long read would keep the process from everything else.
      await new Promise(setImmediate);
    }
  }

  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    const pageSize = pageSizeOf(options);
    const source = {
      readAhead: async (after: Position): Promise<ReadAhead> => this.#readAhead(after, options, pageSize),
      changed: (signal: AbortSignal): Promise<void> => this.#connection.watcher.changed(signal),
    };
    return subscribeByReading(source, options?.after ?? START, options?.signal);
  }

  async receipt(streamId: StreamId, key: string): Promise<Receipt | undefined> {
    const row = this.#connection.use(() => this.#statements.receipt.get(streamId, key));
    return row === undefined ? undefined : { key, fingerprint: row.fingerprint, revision: revision(row.revision) };
  }

  async head(): Promise<Position> {
    return this.#connection.use(() => position(this.#statements.head.get() ?? 0));
  }

  async close(): Promise<void> {
    await this.#commits.close();
    this.#connection.close();
  }

  #readAhead(after: Position, options: ReadAllOptions | undefined, pageSize: number): ReadAhead {
    const { filter } = options ?? {};
    return this.#connection.use(() => this.#log.readAhead({ after, filter, pageSize }));
  }
}
