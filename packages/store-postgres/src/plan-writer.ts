import { Fault } from '@login-policy/event-sourcing';
import { ordinalOf, type Plan } from '@login-policy/event-sourcing/store';
import { APPEND_PARAMETERS } from './append-function.js';
import { lastEventOf, type LogEnd } from './log-end.js';
import { storedName, storedText } from './names.js';
import { arrayOf, DURABLE, query, textsOf, type Cell } from './queries.js';
import { rowColumns, type RowChange } from './row-changes.js';
import type { Schema } from './schema.js';
import type { OpenTransaction } from './transaction.js';

type PlacedAppend = Plan['appends'][number];

/**
 * The most characters of JSON in one append. Even at three bytes each, the append fits into one text of the server and
 * one string of Node.
 */
const LARGEST = 256_000_000;

/** Writes plans through the functions of the schema. */
export class PlanWriter {
  /** The statement for {@link appendValues}. */
  readonly appendCall: string;
  readonly #schema: string;

  constructor({ quoted }: Schema) {
    const parameters = Array.from({ length: APPEND_PARAMETERS }, (_, at) => `$${at + 1}`).join(', ');
    this.appendCall = `SELECT ${quoted}.append(${parameters})`;
    this.#schema = quoted;
  }

  /**
   * The statement that finds a plan of appends if it was written: its last event, or a receipt if it has no events. Its
   * commit waits for a standby ({@link DURABLE}).
   */
  traceOf({ appends, head }: Plan): readonly [statement: string, values: readonly Cell[]] {
    const last = lastEventOf(appends);
    if (last !== undefined)
      return [
        `SELECT ${DURABLE} FROM ${this.#schema}.events WHERE position = $1 AND id = $2`,
        [String(ordinalOf(head)), last.id],
      ];
    const [receipt] = appends.flatMap(receiptsOf);
    const statement = `SELECT ${DURABLE} FROM ${this.#schema}.receipts WHERE stream = $1 AND key = $2 AND fingerprint = $3`;
    return [statement, [receipt?.stream ?? null, receipt?.key ?? null, receipt?.fingerprint ?? null]];
  }

  /** Promotes a shadow under the writers' lock. */
  async promote({ client }: OpenTransaction, { shadow, name }: NonNullable<Plan['promoted']>): Promise<void> {
    const schema = this.#schema;
    const replaced = `UPDATE ${schema}.read_models SET stage = 'replaced' WHERE name = $1 AND stage = 'live'`;
    await query(client, replaced, [storedName(name).name]);
    await query(client, `UPDATE ${schema}.read_models SET stage = 'live' WHERE model = $1`, [shadow]);
    // Begins the next cache epoch before the lock is released, because other processes have cached the old rows.
    await query(client, 'SELECT pg_catalog.nextval($1)', [`${schema}.revocations`]);
  }
}

/**
 * The arguments of `append`: a plan's content, the expected end of the log, and the latest time by the server's
 * clock, in milliseconds. Without `notAfter` there is no latest time, as under the writers' lock.
 *
 * @throws UnserialisableData when an append is too large for the server.
 */
export function appendValues({ appends, models }: Plan, end: LogEnd, notAfter?: number): readonly Cell[] {
  refuseTooLarge(appends);
  const changes: RowChange[] = [];
  for (const { id, rows } of models) for (const row of rows) changes.push({ model: id, row });
  const receipts = appends.flatMap(receiptsOf);
  return [
    end.epoch,
    notAfter === undefined ? null : String(notAfter),
    end.head,
    arrayOf(models.map(({ id }) => id)),
    ...eventColumns(appends),
    ...rowColumns(changes),
    receipts.length === 0 ? null : JSON.stringify(receipts),
  ];
}

/** @throws UnserialisableData. A group of several appends is always smaller than the limit. */
function refuseTooLarge(appends: readonly PlacedAppend[]): void {
  let size = 0;
  for (const { append } of appends)
    for (const { data, metadata } of append.texts ?? []) size += data.length + metadata.length;
  if (size <= LARGEST) return;
  const problem = `an append has at most ${LARGEST} characters of JSON, not ${size}`;
  throw new Fault('unserialisable-data', { path: '$.events', problem });
}

/** The events of all appends, column by column. */
function eventColumns(appends: readonly PlacedAppend[]): readonly Cell[] {
  const [names, revisions, ids, types, times]: [string[], bigint[], string[], string[], number[]] = [
    [],
    [],
    [],
    [],
    [],
  ];
  const [data, metadata]: [string[], string[]] = [[], []];
  const [places, counts, versions, wholes]: [number[], number[], number[], string[]] = [[], [], [], []];
  let areOrdinary = true;
  for (const { append, recorded } of appends) {
    const { name, whole } = storedName(append.streamId);
    for (const [index, event] of recorded.entries()) {
      names.push(name);
      revisions.push(event.revision);
      ids.push(event.id);
      types.push(storedText(event.type));
      times.push(event.recordedAt);
      data.push(append.texts?.[index]?.data ?? '');
      metadata.push(append.texts?.[index]?.metadata ?? '');
      places.push(event.append?.place ?? 0);
      counts.push(event.append?.count ?? 0);
      versions.push(event.schemaVersion);
      wholes.push(whole ?? '');
      areOrdinary &&= event.append === undefined && event.schemaVersion === 1 && whole === undefined;
    }
  }
  const texts = [data.join('\n'), metadata.join('\n')];
  // Null for ordinary events, for which the function has defaults.
  const others = areOrdinary
    ? [null, null, null, null]
    : [arrayOf(places), arrayOf(counts), arrayOf(versions), textsOf(wholes)];
  return [textsOf(names), arrayOf(revisions), arrayOf(ids), textsOf(types), arrayOf(times), ...texts, ...others];
}

/** The columns of a receipt. */
interface StoredReceipt {
  readonly stream: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly revision: string;
}

function receiptsOf({ append: { streamId, receipt }, end }: PlacedAppend): readonly StoredReceipt[] {
  if (receipt === undefined) return [];
  const [stream, key] = [storedName(streamId).name, storedName(receipt.key).name];
  return [{ stream, key, fingerprint: storedText(receipt.fingerprint), revision: String(end.revision) }];
}
