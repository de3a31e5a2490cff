import { START, type Position, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  filterPredicate,
  MOST_BEHIND,
  reducePage,
  unknownKeys,
  type AnyProjection,
  decodeRow,
  encodedRows,
  type EncodedRow,
  placeIn,
} from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { isConnectionLost, stateOf } from './faults.js';
import { digest } from './names.js';
import { PageReader } from './pages.js';
import { query } from './queries.js';
import { keyBytes, keyOfHex, rowColumns } from './row-changes.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

/** Rows that were written past, and how far they are behind. */
export interface Behind {
  readonly projection: AnyProjection;
  /** The number of the rows. */
  readonly model: string;
  readonly checkpoint: Position | undefined;
  readonly head: Position;
}

const LARGEST_PAGE_BYTES = 64_000_000;

/**
 * Brings rows to the head that were written past, inside a writer's turn, so that nothing more is written meanwhile, and answers with
 * those that were looked at. `undefined`, and nothing is written, when that is more than {@link MOST_BEHIND} events, or one of them can't
 * be read or reduced: then it is left to who follows.
 */
export async function catchUp(
  client: ClientBase,
  schema: Schema,
  behind: Behind,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  const { checkpoint, head, model } = behind;
  if (head <= (checkpoint ?? START)) return new Map();
  if (placeIn(head) - placeIn(checkpoint ?? START) > BigInt(MOST_BEHIND)) return undefined;
  const rows = await reduced(client, schema, behind).catch(leftToReaders);
  if (rows === undefined) return undefined;
  const refused = await takeStep(client, schema, { model, expected: checkpoint, checkpoint: head, rows });
  return refused === null ? new Map(rows.map(({ key, row }) => [key, row])) : undefined;
}

/** A step of a read model. */
export interface Step {
  /** The number of its rows. */
  readonly model: string;
  readonly expected: Position | undefined;
  readonly checkpoint: Position;
  readonly rows: readonly EncodedRow<unknown>[];
}

/** Takes it, or answers where the read model is instead, or `REPLACED`. */
export async function takeStep(
  client: ClientBase,
  { quoted }: Schema,
  { model, expected, checkpoint, rows }: Step,
): Promise<string | null> {
  const values = [model, expected?.toString(), checkpoint.toString(), ...rowColumns(rows)];
  const [refused] = await query(client, `SELECT ${quoted}.take_step_v9($1, $2, $3, $4, $5, $6)`, values);
  return refused?.[0] ?? null;
}

/** The server's word ends the transaction; what can't be read of an event or a row is told to who reads it. */
function leftToReaders(caught: unknown): undefined {
  if (stateOf(caught) !== undefined || isConnectionLost(caught)) throw caught;
}

/** The rows that change up to the head; `undefined` when an event stops it. */
async function reduced(
  client: ClientBase,
  schema: Schema,
  { projection, model, checkpoint, head }: Behind,
): Promise<readonly EncodedRow<unknown>[] | undefined> {
  const reader = new PageReader(schema.name, LARGEST_PAGE_BYTES);
  const statement = reader.statement(
    `SELECT * FROM ${schema.quoted}.events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3`,
  );
  const end = placeIn(head);
  const events: RecordedEvent[] = [];
  for (let reached = placeIn(checkpoint ?? START); reached < end;) {
    const after = reached.toString();
    const page = await reader.read((limit) => query(client, statement, [after, end.toString(), limit]), MOST_BEHIND);
    events.push(...page.events);
    const last = page.events.at(-1);
    reached = last === undefined ? end : placeIn(last.position);
  }
  const page = events.filter(filterPredicate(projection.filter));
  const before = await rowsNow(client, schema, { projection, model, keys: unknownKeys(projection, page) });
  const { rows, stopped } = reducePage(projection, page, (key) => before.get(key));
  return stopped === undefined ? encodedRows(projection, rows) : undefined;
}

/** The rows under these keys. */
async function rowsNow(
  client: ClientBase,
  { quoted }: Schema,
  { projection, model, keys }: { projection: AnyProjection; model: string; keys: readonly string[] },
): Promise<ReadonlyMap<string, unknown>> {
  const found = await query(
    client,
    `SELECT pg_catalog.encode(key, 'hex'), content::text FROM ${quoted}.read_model_rows
     WHERE model = $1 AND pg_catalog.sha256(key) = ANY ($2::bytea[])`,
    [model, keys.map((key) => digest(keyBytes(key)))],
  );
  return new Map(
    found.map(([hex, content]) => {
      const key = keyOfHex(text(hex));
      return [key, decodeRow(projection, { key, text: text(content), store: quoted })];
    }),
  );
}
