import { isFault, type Position, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import {
  AnswerLost,
  mergeFound,
  receiptPages,
  rowLimitOf,
  yieldToLoop,
  pageSizeOf,
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
  type CachedPlan,
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
import { KeptCounts } from './kept-counts.js';
import { Lookups } from './look.js';
import { newShadowName, replacedName, shadowPrefix } from './model-names.js';
import { sweptSome, type ModelStatements } from './model-statements.js';
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

/** A written plan, and whether it was planned from the cache. */
interface CarriedOut<Result> {
  readonly planned: Planned<Result>;
  readonly token: unknown;
  readonly plannedFromCache: boolean;
}

const ABOVE_TEXT = new Uint8Array(1);

/** Events and rows in a SQLite file. */
export class SqliteBackend implements Backend {
  readonly name: string;
  readonly form = 'text';
  readonly consumers: SqliteConsumers;
  readonly #connection: Connection;
  readonly #parts: BackendParts;
  readonly #lookups: Lookups;
  readonly #writer: PlanWriter;
  readonly #counts: KeptCounts;

  constructor(connection: Connection, parts: BackendParts) {
    this.name = connection.name;
    this.#connection = connection;
    this.#parts = parts;
    this.consumers = new SqliteConsumers(connection, parts);
    this.#lookups = new Lookups(connection.database, parts);
    this.#writer = new PlanWriter(parts);
    this.#counts = new KeptCounts(connection, parts.models);
  }

  async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const { planned, ...rest } = await this.#committed(transaction, transaction.fromCache);
    this.#connection.changes.notify();
    if (planned.plan.promoted !== undefined) await this.#sweep();
    return { ...planned, ...rest };
  }

  async wasWritten(plan: Plan): Promise<boolean> {
    await this.#connection.settle(); // Reopens the file and makes its content final.
    return this.#connection.use(() => this.#writer.isThere(plan));
  }

  async look(question: Question): Promise<Found> {
    return this.#inOneSnapshot(() => this.#lookups.find(question));
  }

  isCurrent(token: unknown): boolean {
    return this.#connection.use((database) => database.cacheEpoch() === token);
  }

  async query(target: ModelTarget, query: WantedRows): Promise<FoundRows> {
    const limit = query.wanted === 'count' ? 0 : rowLimitOf(query);
    return this.#inOneSnapshot(() => {
      const last = this.#parts.events.head.get();
      const head = headOf(last, this.name);
      const located = this.#lookups.locate(target, last);
      if (located === undefined) return { head, checkpoint: undefined, rows: [] };
      const { model, checkpoint } = located;
      if (query.wanted === 'count') return { head, checkpoint, rows: [], count: this.#counts.of(model, query) };
      const { index, value, direction = 'forwards', wanted } = query;
      const statement = this.#parts.models.lists[`${direction} ${wanted}`];
      // `key\0` is the smallest text larger than the key. A blob is larger than every text.
      const from = query.afterKey === undefined ? '' : `${query.afterKey}\0`;
      const found = statement.all(model, index, value, from, query.beforeKey ?? ABOVE_TEXT, limit);
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
    ...options
  }: ReadStreamsOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const wanted = { upTo, filter, pageSize: pageSizeOf(options) };
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
    await this.#sweep();
    return shadow;
  }

  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.#connection.changes.changed(signal, withinMs);
  }

  async close(writing?: Promise<void>): Promise<void> {
    await writing;
    await this.#connection.close();
  }

  async #committed<Result>(transaction: Transaction<Result>, cached?: CachedPlan<Result>): Promise<CarriedOut<Result>> {
    this.#connection.demandWritable();
    const { database } = this.#connection;
    const write = (): CommitResult<CarriedOut<Result>> => database.write(() => this.#carryOut(transaction, cached));
    try {
      const committed = await this.#connection.retryWhileBusy(
        transaction.writes === 'rows' ? () => database.unsynced(write) : write, // Rows can be computed again.
        transaction.writes === 'rows' ? transaction : undefined, // The queue heeds the signals of appends.
      );
      if (committed.isCommitted) return committed.result;
      const fault = toFault(committed.cause, this.name);
      if (isFault(fault, 'store-full') && this.#isMissing(committed.result.planned.plan)) throw fault;
      throw new AnswerLost(fault, 'give-up');
    } catch (caught) {
      // A stream or receipt exists that the cache said did not. Nothing was written, so plan again from the file.
      if (cached !== undefined && isConstraint(caught)) return this.#committed(transaction);
      throw caught;
    }
  }

  /**
   * Whether the plan is absent after a commit failed on a full disk. After a disk-full failure the commit's last page is
   * missing, so recovery discards it. `settle()` is not used here: it would have to write.
   */
  #isMissing(plan: Plan): boolean {
    this.#connection.database.reopen();
    return !this.#connection.use(() => this.#writer.isThere(plan));
  }

  #carryOut<Result>(transaction: Transaction<Result>, cached?: CachedPlan<Result>): CarriedOut<Result> {
    const { token } = this.#connection.database;
    const known = cached?.token === token ? cached?.plan() : undefined;
    const planned = known ?? this.#planned(transaction);
    this.#writer.write(planned.plan);
    return { planned, token, plannedFromCache: known !== undefined };
  }

  #planned<Result>(transaction: Transaction<Result>): Planned<Result> {
    for (let { question } = transaction, found: Found | undefined; ;) {
      found = mergeFound(found, this.#lookups.find(question));
      const planned = transaction.plan(found);
      if ('plan' in planned) return planned;
      ({ question } = planned);
    }
  }

  /** Runs reads in one transaction, so that they see one snapshot. */
  #inOneSnapshot<Result>(look: () => Result): Result {
    return this.#connection.use((database) => database.transaction(look)());
  }

  /** Deletes the rows of replaced read models, in short slices. Anything left over is deleted by the next rebuild. */
  async #sweep(): Promise<void> {
    try {
      while (await this.#connection.writeDerived(() => sweptSome(this.#parts.models))) await yieldToLoop();
      await this.#connection.writeDerived(() => this.#counts.forgetGone());
    } catch {
      // Nobody reads these rows, and the caller's work is done, so a failure is ignored.
    }
  }
}
