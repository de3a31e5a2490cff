import {
  type EventMetadata,
  isFault,
  type Position,
  type RecordedEvent,
  type StreamId,
  yieldToLoop,
} from '@login-policy/event-sourcing';
import {
  AnswerLost,
  type Backend,
  type Found,
  type LogRange,
  type ModelTarget,
  nameRanges,
  type Plan,
  type Question,
  type ReadAhead,
  type ReadStreamsOptions,
  receiptPages,
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
import { isConstraint, toFault } from './faults.js';
import { Lookups, type LookUpParts } from './lookups.js';
import { deleteReplacedRows, newShadowName, replacedName, shadowPrefix } from './model-statements.js';
import type { WantedStreams } from './log-reader.js';
import { PlanWriter } from './plan-writer.js';
import { headOf } from './event-statements.js';

/** A value that sorts after every text: in SQLite, any blob does. */
const AFTER_EVERY_TEXT = new Uint8Array(1);

/** Stores events and rows in a SQLite file. */
export class SqliteBackend implements Backend {
  readonly name: string;
  readonly form = 'text';
  readonly consumers: SqliteConsumers;
  readonly #connection: Connection;
  readonly #parts: LookUpParts;
  readonly #lookups: Lookups;
  readonly #writer: PlanWriter;

  constructor(connection: Connection, parts: LookUpParts) {
    this.name = connection.name;
    this.#connection = connection;
    this.#parts = parts;
    this.consumers = new SqliteConsumers(connection, parts);
    this.#lookups = new Lookups(connection.database, parts);
    this.#writer = new PlanWriter(parts);
  }

  async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const transacted = await this.#commit(transaction, transaction.fromCache);
    this.#connection.changes.notify();
    if (transacted.plan.promoted !== undefined) await this.#deleteReplaced();
    return transacted;
  }

  async findWritten(plan: Plan): Promise<boolean> {
    // Makes the outcome of the last commit final: it was written, or it never will be.
    await this.#connection.settle();
    return this.#connection.use(() => this.#writer.isWritten(plan));
  }

  async lookUp(question: Question): Promise<Found> {
    return this.#inOneSnapshot(() => this.#lookups.find(question));
  }

  isCurrent(token: unknown): boolean {
    return this.#connection.use((database) => database.refreshCacheEpoch() === token);
  }

  async query(target: ModelTarget, query: WantedRows): ReturnType<Backend['query']> {
    return this.#inOneSnapshot(() => {
      const lastEvent = this.#parts.events.head.get();
      const head = headOf(lastEvent, this.name);
      const located = this.#lookups.locate(target);
      if (located === undefined) return { head, checkpoint: undefined, rows: [] };
      const { model, checkpoint } = located;
      if (query.wanted === 'count' || query.wanted === 'size')
        return { head, checkpoint, rows: [], count: this.#count(model, query) };
      const { index, value, limit, direction = 'forwards', wanted } = query;
      const statement = this.#parts.models.lists[`${direction} ${wanted}`];
      // The statement's lower bound is inclusive. `key\0` is the first text after the key.
      const from = query.afterKey === undefined ? '' : `${query.afterKey}\0`;
      const found = statement.all(model, index, value, from, query.beforeKey ?? AFTER_EVERY_TEXT, limit);
      return { head, checkpoint, rows: found };
    });
  }

  #count(model: number, query: Extract<WantedRows, { readonly wanted: 'count' | 'size' }>): number {
    const { count, size } = this.#parts.models;
    return (query.wanted === 'size' ? size.get(model) : count.get(model, query.index, query.value, query.limit)) ?? 0;
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
    for (const range of nameRanges(filter)) {
      let [last, isLast]: [RecordedEvent | undefined, boolean] = [undefined, false];
      while (!isLast && signal?.aborted !== true) {
        const asked: WantedStreams = { range, last, upTo, pageSize };
        const page = this.#connection.use(() => this.#parts.log.streamsPage(asked));
        if (page.events.length > 0) yield page.events;
        [last, isLast] = [page.events.at(-1), page.isLast];
        await yieldToLoop();
      }
    }
  }

  /** Pages that were rewritten before may hold the old metadata until a VACUUM. */
  async erase({ id, revision, streamId }: RecordedEvent, metadata: EventMetadata): Promise<boolean> {
    const { changes } = await this.#connection.write(() =>
      this.#parts.events.erase.run(JSON.stringify(metadata), streamId, revision, id),
    );
    return Number(changes) === 1;
  }

  readReceipts(pageSize: number, wait?: WaitOptions): AsyncIterable<readonly StreamReceipt[]> {
    const find = (after?: StreamReceipt): readonly StreamReceipt[] =>
      this.#connection.use(() => this.#lookups.receiptsAfter(after, pageSize));
    return receiptPages(find, pageSize, wait);
  }

  async openModel(name: string, wait?: WaitOptions): Promise<void> {
    const isThere = (): boolean => this.#parts.models.modelByName.get(name) !== undefined; // It needs no lock.
    if (this.#connection.isReadOnly || this.#connection.use(isThere)) return;
    await this.#connection.write(() => this.#parts.models.insertModel.run(name), wait);
  }

  async beginShadow(name: string, wait?: WaitOptions): Promise<string> {
    const { models } = this.#parts;
    const shadow = await this.#connection.write(() => {
      for (const id of models.shadows.all(shadowPrefix(name))) models.renameById.run(replacedName(), id);
      return String(models.insertModel.run(newShadowName(name)).lastInsertRowid);
    }, wait);
    await this.#deleteReplaced();
    return shadow;
  }

  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.#connection.changes.changed(signal, withinMs);
  }

  async close(runningAppends?: Promise<void>): Promise<void> {
    await runningAppends;
    await this.#connection.close();
  }

  /** Plans, writes and commits a transaction. Without `fromCache`, the plan is based on the file. */
  async #commit<Result>(
    transaction: Transaction<Result>,
    fromCache?: Transaction<Result>['fromCache'],
  ): Promise<Transacted<Result>> {
    this.#connection.requireWritable();
    const { database } = this.#connection;
    const write = (): CommitResult<Transacted<Result>> =>
      database.write(() => this.#planAndWrite(transaction, fromCache));
    try {
      const isRows = transaction.writes === 'rows';
      const commit = await this.#connection.retryWhileBusy(
        // Rows are written without a sync, because they can be rebuilt from events.
        isRows ? () => database.withoutSync(write) : write,
        // Passes the abort signal of a write of rows. The append queue handles the signals of appends.
        isRows ? transaction : undefined,
      );
      if (commit.isCommitted) return commit.result;
      const fault = toFault(commit.cause, this.name);
      if (isFault(fault, 'store-full') && this.#isAbsent(commit.result.plan)) throw fault;
      throw new AnswerLost(fault, 'give-up');
    } catch (caught) {
      // What the cached plan took for new exists already. Nothing was written, so plan again from the file.
      if (fromCache !== undefined && isConstraint(caught)) return this.#commit(transaction);
      throw caught;
    }
  }

  /**
   * Whether the plan is absent from the file, after its commit failed on a full disk. If so, SQLite did not write all of
   * the commit, and discarded it when the file was reopened. `settle()` can't be used here, because it has to write.
   */
  #isAbsent(plan: Plan): boolean {
    this.#connection.database.reopen();
    return !this.#connection.use(() => this.#writer.isWritten(plan));
  }

  #planAndWrite<Result>(
    transaction: Transaction<Result>,
    fromCache?: Transaction<Result>['fromCache'],
  ): Transacted<Result> {
    const { cacheEpoch: token } = this.#connection.database;
    // The cache is valid if its token is still that of the file: nobody else has written since. Own writes keep the token.
    const cachedPlan = fromCache?.token === token ? fromCache?.plan() : undefined;
    const planned = cachedPlan ?? transaction.plan(this.#lookups.find(transaction.question));
    this.#writer.write(planned.plan);
    return { ...planned, token, plannedFromCache: cachedPlan !== undefined };
  }

  /** Runs reads in one transaction, so that all of them see the same snapshot. */
  #inOneSnapshot<Result>(read: () => Result): Result {
    return this.#connection.use((database) => database.snapshot(read));
  }

  /** Deletes the rows of replaced read models, in short transactions. If this fails, the next rebuild deletes the rest. */
  async #deleteReplaced(): Promise<void> {
    try {
      while (await this.#connection.writeDerived(() => deleteReplacedRows(this.#parts.models))) await yieldToLoop();
    } catch {
      // Ignored, because nothing reads these rows and the caller's write is done.
    }
  }
}
