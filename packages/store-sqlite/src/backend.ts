import { isFault, type Position, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import {
  AnswerLost,
  mergeFound,
  receiptPages,
  yieldToLoop,
  type Backend,
  type Found,
  type FoundRows,
  type LogRange,
  type ModelId,
  type ModelTarget,
  type Plan,
  type Planned,
  type Question,
  type ReadAhead,
  type ReadStreamsOptions,
  type ReceiptOptions,
  type StreamPage,
  type StreamPart,
  type StreamReceipt,
  type Transacted,
  type Transaction,
  type WaitOptions,
  type WantedRows,
} from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { SqliteConsumers } from './consumers.js';
import type { CommitResult } from './database.js';
import type { EventStatements } from './event-statements.js';
import { textOf } from './exact-text.js';
import { isConstraint, toFault } from './faults.js';
import { StoredCounts } from './stored-counts.js';
import { Lookups } from './look.js';
import { newShadowName, replacedName, shadowPrefix } from './model-names.js';
import { deleteReplacedRows, type ModelStatements } from './model-statements.js';
import type { Names } from './names.js';
import { PlanWriter } from './plan-writer.js';
import type { LogReader } from './reads.js';
import { headOf } from './positions.js';
import { FIRST_STREAM, type StreamsReader } from './streams-reader.js';

/** The parts of a backend on a SQLite file. */
export interface BackendParts {
  readonly events: EventStatements;
  readonly models: ModelStatements;
  readonly names: Names;
  readonly log: LogReader;
  readonly streams: StreamsReader;
}

/** The result of a transaction. */
interface WrittenPlan<Result> {
  readonly planned: Planned<Result>;
  readonly token: unknown;
  readonly plannedFromCache: boolean;
}

const AFTER_EVERY_TEXT = new Uint8Array(1);

/** Stores events and rows in a SQLite file. */
export class SqliteBackend implements Backend {
  readonly name: string;
  readonly form = 'text';
  readonly consumers: SqliteConsumers;
  readonly #connection: Connection;
  readonly #parts: BackendParts;
  readonly #lookups: Lookups;
  readonly #writer: PlanWriter;
  readonly #counts: StoredCounts;

  constructor(connection: Connection, parts: BackendParts) {
    this.name = connection.name;
    this.#connection = connection;
    this.#parts = parts;
    this.consumers = new SqliteConsumers(connection, parts);
    this.#lookups = new Lookups(connection.database, parts);
    this.#writer = new PlanWriter(parts);
    this.#counts = new StoredCounts(connection, parts.models);
  }

  async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const { planned, ...rest } = await this.#commit(transaction, transaction.fromCache);
    this.#connection.changes.notify();
    if (planned.plan.promoted !== undefined) await this.#deleteReplaced();
    return { ...planned, ...rest };
  }

  async findWritten(plan: Plan): Promise<boolean> {
    await this.#connection.settle(); // Reopens the file, so that the outcome of the last commit is final.
    return this.#connection.use(() => this.#writer.isWritten(plan));
  }

  async look(question: Question): Promise<Found> {
    return this.#inOneSnapshot(() => this.#lookups.find(question));
  }

  isCurrent(token: unknown): boolean {
    return this.#connection.use((database) => database.cacheEpoch() === token);
  }

  async query(target: ModelTarget, query: WantedRows): Promise<FoundRows> {
    return this.#inOneSnapshot(() => {
      const last = this.#parts.events.head.get();
      const head = headOf(last, this.name);
      const located = this.#lookups.locate(target, last);
      if (located === undefined) return { head, checkpoint: undefined, rows: [] };
      const { model, checkpoint } = located;
      if (query.wanted === 'count') return { head, checkpoint, rows: [], count: this.#counts.of(model, query) };
      const { index, value, limit, direction = 'forwards', wanted } = query;
      const statement = this.#parts.models.lists[`${direction} ${wanted}`];
      // `key\0` is the next text after the key. A blob sorts after every text.
      const from = query.afterKey === undefined ? '' : `${query.afterKey}\0`;
      const found = statement.all(model, index, value, from, query.beforeKey ?? AFTER_EVERY_TEXT, limit);
      return { head, checkpoint, rows: found.map(({ key, row }) => ({ key: textOf(key), row })) };
    });
  }

  async readStream(streamId: StreamId, part: StreamPart): Promise<StreamPage> {
    return this.#connection.use(() => this.#parts.log.streamPage(streamId, part));
  }

  async readLog(after: Position, range: LogRange): Promise<ReadAhead> {
    return this.#connection.use(() => this.#parts.log.readAhead({ ...range, after }));
  }

  async *readStreams({
    upTo,
    filter,
    signal,
    pageSize,
  }: ReadStreamsOptions & { readonly pageSize: number }): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const wanted = { upTo, filter, pageSize };
    for (let cursor = FIRST_STREAM; signal?.aborted !== true;) {
      const from = cursor;
      const next = this.#connection.use(() => this.#parts.streams.next(from, wanted));
      if (next === undefined) return;
      cursor = next.cursor;
      if (next.events.length > 0) yield next.events;
      await yieldToLoop();
    }
  }

  readReceipts(options: ReceiptOptions): AsyncIterable<readonly StreamReceipt[]> {
    return receiptPages((after, n) => this.#connection.use(() => this.#lookups.receiptsAfter(after, n)), options);
  }

  async openModel(name: string, wait?: WaitOptions): Promise<void> {
    if (this.#connection.isReadOnly) return;
    await this.#connection.write(() => this.#parts.models.make.run(name), wait);
  }

  async beginShadow(name: string, wait?: WaitOptions): Promise<ModelId> {
    const { models } = this.#parts;
    const shadow = await this.#connection.write(() => {
      for (const id of models.shadows.all(shadowPrefix(name))) models.renameId.run(replacedName(), id);
      return String(models.make.run(newShadowName(name)).lastInsertRowid);
    }, wait);
    await this.#deleteReplaced();
    return shadow;
  }

  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.#connection.changes.changed(signal, withinMs);
  }

  async close(writing?: Promise<void>): Promise<void> {
    await writing;
    await this.#connection.close();
  }

  async #commit<Result>(
    transaction: Transaction<Result>,
    cached?: Transaction<Result>['fromCache'],
  ): Promise<WrittenPlan<Result>> {
    this.#connection.requireWritable();
    const { database } = this.#connection;
    const write = (): CommitResult<WrittenPlan<Result>> =>
      database.write(() => this.#planAndWrite(transaction, cached));
    try {
      const isRows = transaction.writes === 'rows';
      const committed = await this.#connection.retryWhileBusy(
        // Rows are written without a sync, because they can be rebuilt from events.
        isRows ? () => database.withoutSync(write) : write,
        // Retries of an append ignore its abort signal, because the append queue handles it.
        isRows ? transaction : undefined,
      );
      if (committed.isCommitted) return committed.result;
      const fault = toFault(committed.cause, this.name);
      if (isFault(fault, 'store-full') && this.#isAbsent(committed.result.planned.plan)) throw fault;
      throw new AnswerLost(fault, 'give-up');
    } catch (caught) {
      // The cache was wrong: the stream or receipt already exists. Nothing was written, so plan again from the file.
      if (cached !== undefined && isConstraint(caught)) return this.#commit(transaction);
      throw caught;
    }
  }

  /**
   * Whether the plan is absent from the file after its commit failed on a full disk. If it is absent, the commit's
   * last page was not written, and SQLite's recovery has discarded the commit. `settle()` can't be used here, because it has to write.
   */
  #isAbsent(plan: Plan): boolean {
    this.#connection.database.reopen();
    return !this.#connection.use(() => this.#writer.isWritten(plan));
  }

  #planAndWrite<Result>(
    transaction: Transaction<Result>,
    cached?: Transaction<Result>['fromCache'],
  ): WrittenPlan<Result> {
    const { token } = this.#connection.database;
    const fromCache = cached?.token === token ? cached?.plan() : undefined;
    const planned = fromCache ?? this.#planFromFile(transaction);
    this.#writer.write(planned.plan);
    return { planned, token, plannedFromCache: fromCache !== undefined };
  }

  #planFromFile<Result>(transaction: Transaction<Result>): Planned<Result> {
    for (let { question } = transaction, found: Found | undefined; ;) {
      found = mergeFound(found, this.#lookups.find(question));
      const planned = transaction.plan(found);
      if ('plan' in planned) return planned;
      ({ question } = planned);
    }
  }

  /** Runs reads in one transaction, so that all of them see the same snapshot. */
  #inOneSnapshot<Result>(look: () => Result): Result {
    return this.#connection.use((database) => database.transaction(look)());
  }

  /** Deletes the rows of replaced read models, in short transactions. The next rebuild deletes any that are left. */
  async #deleteReplaced(): Promise<void> {
    try {
      while (await this.#connection.writeDerived(() => deleteReplacedRows(this.#parts.models))) await yieldToLoop();
      await this.#connection.writeDerived(() => this.#counts.dropTriggersOfRemovedModels());
    } catch {
      // A failure is ignored, because nothing reads these rows and the caller's work is done.
    }
  }
}
