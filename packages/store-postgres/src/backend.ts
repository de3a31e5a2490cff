import type { EventMetadata, Position, RecordedEvent, StreamId } from '@login-policy/event-sourcing';
import {
  type Backend,
  type Found,
  type LogRange,
  type ModelTarget,
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
import { PostgresConsumers } from './consumers.js';
import { Lookups } from './lookups.js';
import { listedReceipts } from './listed-receipts.js';
import { wasWritten } from './lost-answers.js';
import { countUp, listedIn, lookUp } from './model-statements.js';
import { storedName } from './names.js';
import { query } from './queries.js';
import { LogReader } from './log-reader.js';
import { text } from './rows.js';
import { readStreams } from './streams-reader.js';
import type { Sweeper } from './sweeper.js';
import type { SchemaWatch } from './watch.js';
import { Writer, type WriterParts } from './writer.js';

/** The parts of a backend on PostgreSQL. */
export interface BackendParts extends WriterParts {
  readonly watch: SchemaWatch;
  readonly sweeper: Sweeper;
  readonly largestPageBytes: number;
  /** How long to look for a lost answer, in milliseconds. */
}

/** Events and rows in a schema of PostgreSQL. */
export class PostgresBackend implements Backend {
  readonly name: string;
  readonly form = 'text';
  readonly consumers: PostgresConsumers;
  protected readonly parts: BackendParts;
  readonly #log: LogReader;
  readonly #lookups: Lookups;
  protected readonly writer: Writer;
  #closing: Promise<unknown> | undefined;

  constructor(parts: BackendParts) {
    this.name = parts.connection.name;
    this.parts = parts;
    this.consumers = new PostgresConsumers(parts.connection, parts.schema);
    this.#log = new LogReader(this.name, parts.schema, parts.largestPageBytes);
    this.#lookups = new Lookups(parts.schema, this.#log);
    this.writer = new Writer(parts, this.#lookups);
  }

  async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const { watch, sweeper } = this.parts;
    const isAppend = transaction.writes === 'events';
    const transacted = await (isAppend ? this.writer.append(transaction) : this.writer.step(transaction));
    watch.notify();
    if (transacted.plan.promoted !== undefined) sweeper.start();
    return transacted;
  }

  findWritten(plan: Plan): Promise<boolean> {
    return wasWritten(this.parts, this.writer.plans.traceOf(plan));
  }

  lookUp(question: Question, wait?: WaitOptions): Promise<Found> {
    return this.#lookups.find(this.parts.connection, question, wait);
  }

  async query(target: ModelTarget, rowQuery: WantedRows, wait?: WaitOptions): ReturnType<Backend['query']> {
    const isCount = rowQuery.wanted === 'count' || rowQuery.wanted === 'size';
    const statement = isCount ? countUp(rowQuery) : lookUp(rowQuery);
    const { head, checkpoint, rows } = await this.#lookups.rowsOf(
      this.parts.connection,
      { target, ...statement },
      wait,
    );
    if (isCount) return { head, checkpoint, rows: [], count: Number(rows[0]?.[0] ?? 0) };
    return { head, checkpoint, rows: listedIn(rowQuery.wanted, rows) };
  }

  readStream(streamId: StreamId, part: StreamPart, wait?: WaitOptions): Promise<StreamPage> {
    return this.#log.streamPage(this.parts.connection, { streamId, part }, wait);
  }

  readLog(after: Position, range: LogRange, wait?: WaitOptions): Promise<ReadAhead> {
    return this.#log.readAhead(this.parts.connection, { after, range }, wait);
  }

  readStreams(options: ReadStreamsOptions & { readonly pageSize: number }): AsyncIterable<readonly RecordedEvent[]> {
    return readStreams(this.parts, options);
  }

  async erase({ id, revision, streamId }: RecordedEvent, metadata: EventMetadata): Promise<boolean> {
    const { connection, schema } = this.parts;
    const { name } = storedName(streamId);
    const update = `UPDATE ${schema.quoted}.events SET metadata = $1 WHERE stream = $2 AND revision = $3 AND id = $4 RETURNING id`;
    return (await connection.change(update, [JSON.stringify(metadata), name, String(revision), id])).length === 1;
  }

  readReceipts(pageSize: number, wait?: WaitOptions): AsyncIterable<readonly StreamReceipt[]> {
    const { connection, schema } = this.parts;
    return receiptPages(
      (after) => listedReceipts(connection, schema, { after, limit: pageSize, wait }),
      pageSize,
      wait,
    );
  }

  async openModel(model: string, wait?: WaitOptions): Promise<void> {
    const { connection, schema } = this.parts;
    const [{ quoted }, { name }] = [schema, storedName(model)];
    const live = `SELECT model FROM ${quoted}.read_models WHERE name = $1 AND stage = 'live'`;
    if ((await connection.read(live, [name], wait)).length > 0) return;
    const insert = `INSERT INTO ${quoted}.read_models (name, stage) VALUES ($1, 'live') ON CONFLICT DO NOTHING`;
    await connection.change(insert, [name]);
  }

  async beginShadow(model: string, wait: WaitOptions = {}): Promise<string> {
    const { connection, schema, sweeper } = this.parts;
    const [{ quoted }, { name }] = [schema, storedName(model)];
    const replaceOlder = `UPDATE ${quoted}.read_models SET stage = 'replaced' WHERE name = $1 AND stage = 'rebuilding'`;
    const insert = `INSERT INTO ${quoted}.read_models (name, stage) VALUES ($1, 'rebuilding') RETURNING model`;
    const shadow = await connection.withFaults(() =>
      connection.transaction(async ({ client }) => {
        await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
        await query(client, replaceOlder, [name]);
        return text((await query(client, insert, [name]))[0]?.[0]);
      }, wait.signal),
    );
    this.writer.steps.startCounting(shadow);
    sweeper.start();
    return shadow;
  }

  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.parts.watch.changed(signal, withinMs);
  }

  async close(writing: Promise<void> = Promise.resolve()): Promise<void> {
    const { connection, watch, sweeper } = this.parts;
    this.#closing ??= Promise.all([watch.close(), sweeper.close(), connection.close(writing)]);
    await this.#closing;
  }
}
