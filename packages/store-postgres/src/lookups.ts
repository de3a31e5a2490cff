import { type Position, revision, START } from '@login-policy/event-sourcing';
import {
  decodeReceipt,
  type Found,
  type ModelTarget,
  type Question,
  type StreamReceipt,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { HEAD, HEAD_TEXT } from './checkpoints.js';
import { endIn, foundIn, lookUpArguments, receiptsIn, storedReceipt } from './look-up-function.js';
import { memoized } from './memoized.js';
import { originalText, storedName } from './names.js';
import { positionIn } from './positions.js';
import { arrayOf, DURABLE, textsOf, type QueryRunner, type Cell, type Cells, type Value } from './queries.js';
import type { LogReader } from './log-reader.js';
import { digestElement, keyOfHex } from './row-changes.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';
import { callIn, type OpenTransaction } from './transaction.js';

type ModelQuestion = Question['models'][number];
type FoundModel = Found['models'][number];

/** The rows of a read model found by one statement, with the head at that time. */
export interface ModelRows {
  readonly head: Position;
  /** The number of the read model; `undefined` when it does not exist. */
  readonly model: string | undefined;
  readonly checkpoint: Position | undefined;
  /** The columns of each row. */
  readonly rows: readonly Cells[];
}

const LIVE = `m.name = $1 AND m.stage = 'live'`;
const SHADOW = `m.model = $1::bigint AND m.stage = 'rebuilding'`;
const BY_KEYS = `SELECT encode(r.key, 'hex'), r.content::text FROM {schema}.read_model_rows AS r
  WHERE r.model = m.model AND r.digest = ANY ($2::bytea[])`;
const RECEIPT = `SELECT r.fingerprint, r.revision::text, ${DURABLE} FROM {schema}.receipts AS r WHERE r.stream = $1 AND r.key = $2`;
const LAST_AND_MISSING = `SELECT (SELECT position || ' ' || id FROM {schema}.events ORDER BY position DESC LIMIT 1),
  (SELECT wanted.at::text FROM unnest($1::numeric[]) WITH ORDINALITY AS wanted(at, n)
    WHERE wanted.at <> 0 AND {schema}.find_event_at(wanted.at) IS NULL ORDER BY wanted.n LIMIT 1)`;
const ENDS = `SELECT wanted.stream, last.revision::text, last.recorded_at::text, last.id
  FROM unnest($1::text[]) AS wanted(stream), LATERAL (SELECT e.revision, e.recorded_at, e.id FROM {schema}.events AS e
    WHERE e.stream = wanted.stream ORDER BY e.revision DESC LIMIT 1) AS last`;

/** A statement, with `{schema}` for the schema's name, and its parameters. */
type StatementTemplate = readonly [template: string, values: readonly Cell[]];

/** Looks up what a question asks for. Several statements see one snapshot only under the writers' lock. */
export class Lookups {
  readonly #log: LogReader;
  readonly #lookUpCall: string;
  // Memoized, because building such a long text takes as long as the rest of a read.
  readonly #live = memoized((rows) => this.#filled(lookUpStatement(LIVE, rows)));
  readonly #shadow = memoized((rows) => this.#filled(lookUpStatement(SHADOW, rows)));
  readonly #filled: (template: string) => string;

  constructor(schema: Schema, log: LogReader) {
    this.#log = log;
    this.#filled = memoized((template) => template.replaceAll('{schema}', () => schema.quoted));
    this.#lookUpCall = `SELECT * FROM ${schema.quoted}.look_up($1, $2, $3, $4, $5, $6, $7)`;
  }

  /**
   * Acquires the writers' lock, with a time-out, and looks up what appends need, in one round trip; an existing receipt
   * takes another.
   */
  async underLock(transaction: OpenTransaction, question: Question, lockMs: string): Promise<Found> {
    const answer = await callIn(transaction, this.#lookUpCall, [lockMs, ...lookUpArguments(question)]);
    const found = foundIn(answer, question);
    const receipts = receiptsIn(answer, question);
    if (receipts.length === 0) return found;
    return { ...found, receipts: await this.#receipts(transaction.queries, receipts) };
  }

  /** Looks up with plain statements, without the lock. */
  async find(
    queries: QueryRunner,
    { streams, receipts, events, models }: Question,
    wait?: WaitOptions,
  ): Promise<Found> {
    const found: FoundModel[] = [];
    let last: ModelRows | undefined;
    for (const one of models) {
      last = await this.#model(queries, one, wait);
      if (last.model !== undefined) found.push(await this.#foundModel(queries, one, last));
    }
    const names = new Map([...streams].map((streamId) => [storedName(streamId).name, streamId]));
    const ends = names.size === 0 ? [] : await this.#query(queries, [ENDS, [textsOf([...names.keys()])]]);
    const [[end, missing] = []] =
      events === undefined ? [] : await this.#query(queries, [LAST_AND_MISSING, [arrayOf(events)]], wait);
    const atEnd = async (): Promise<Position> =>
      events === undefined ? this.#log.head(queries, wait) : (positionIn(end) ?? START);
    return {
      token: undefined,
      head: last?.head ?? (await atEnd()),
      ends: new Map(ends.flatMap((cells) => endIn(cells, names))),
      receipts: await this.#receipts(queries, receipts, wait),
      missing: positionIn(missing),
      models: found,
    };
  }

  /** The rows that a statement finds in the read model `m`; its parameters begin with $2. */
  async rowsOf(
    queries: QueryRunner,
    {
      target,
      rows,
      values,
    }: { readonly target: ModelTarget; readonly rows: string; readonly values: readonly Value[] },
    wait?: WaitOptions,
  ): Promise<ModelRows> {
    const { shadow, name } = target;
    const statement = shadow === undefined ? this.#live(rows) : this.#shadow(rows);
    const found = await queries.read(statement, [shadow ?? storedName(name).name, ...values], wait);
    const [[end, model, storedCheckpoint] = []] = found;
    const head = positionIn(end) ?? START;
    const isOfThisLog =
      storedCheckpoint === end || head === START || (await this.#isInLog(queries, storedCheckpoint, wait));
    const checkpoint = positionIn(isOfThisLog ? storedCheckpoint : null);
    return {
      head,
      model: model ?? undefined,
      checkpoint,
      // Rows whose checkpoint is not in this log belong to another history and don't count.
      rows: checkpoint === undefined ? [] : found.filter((cells) => cells[3] !== null).map((cells) => cells.slice(3)),
    };
  }

  #model(queries: QueryRunner, { target, keys }: ModelQuestion, wait?: WaitOptions): Promise<ModelRows> {
    const values = [arrayOf(Array.from(keys, digestElement))];
    return this.rowsOf(queries, { target, rows: BY_KEYS, values }, wait);
  }

  async #foundModel(
    queries: QueryRunner,
    { target, keys, unprocessed }: ModelQuestion,
    found: ModelRows,
  ): Promise<FoundModel> {
    const rows = rowsUnder(keys, found);
    const model = { target, id: found.model ?? '', checkpoint: found.checkpoint, rows };
    if (unprocessed === undefined) return model;
    const { atMost: pageSize, filter, keyOf } = unprocessed;
    const range = { filter, pageSize };
    const page = await this.#log.readAhead(queries, { after: found.checkpoint ?? START, range });
    const changed = new Set(page.events.map(({ streamId }) => keyOf(streamId)));
    const changedRows = rowsUnder(changed, await this.#model(queries, { target, keys: changed }));
    return { ...model, rows: new Map([...rows, ...changedRows]), unprocessed: page };
  }

  async #receipts(
    queries: QueryRunner,
    wanted: readonly Question['receipts'][number][],
    wait?: WaitOptions,
  ): Promise<readonly StreamReceipt[]> {
    const receipts: StreamReceipt[] = [];
    for (const one of wanted) {
      const [row] = await this.#query(queries, [RECEIPT, storedReceipt(one)], wait);
      if (row === undefined) continue;
      const decode = (): StreamReceipt => ({
        ...one,
        fingerprint: originalText(text(row[0])),
        revision: revision(BigInt(text(row[1]))),
      });
      receipts.push(decodeReceipt(queries.name, one.key, decode));
    }
    return receipts;
  }

  /** Checks whether the checkpoint of rows that are not at the head is an event of this log. */
  async #isInLog(queries: QueryRunner, checkpoint: Cell | undefined, wait?: WaitOptions): Promise<boolean> {
    if (checkpoint === null || checkpoint === undefined || checkpoint === '0') return true;
    const [ordinal = '', id] = checkpoint.split(' ');
    if (id === undefined) return false;
    const statement = 'SELECT 1 FROM {schema}.events WHERE position = $1 AND id = $2';
    return (await this.#query(queries, [statement, [ordinal, id]], wait)).length > 0;
  }

  #query(queries: QueryRunner, [template, values]: StatementTemplate, wait?: WaitOptions): Promise<readonly Cells[]> {
    return queries.read(this.#filled(template), values, wait);
  }
}

function rowsUnder(keys: Iterable<string>, { rows: stored }: ModelRows): ReadonlyMap<string, unknown> {
  const rows = new Map<string, unknown>();
  for (const key of keys) rows.set(key, undefined);
  for (const [hex, content] of stored) rows.set(keyOfHex(text(hex)), text(content));
  return rows;
}

/** One statement for the head, the read model and its rows, so that all of them are of one snapshot. */
function lookUpStatement(condition: string, rows: string): string {
  return `SELECT ${HEAD_TEXT}, m.model::text, m.checkpoint, found.*
    FROM (SELECT) AS one LEFT JOIN ${HEAD} AS head ON true LEFT JOIN {schema}.read_models AS m ON ${condition}
    LEFT JOIN LATERAL (${rows}) AS found ON true`;
}
