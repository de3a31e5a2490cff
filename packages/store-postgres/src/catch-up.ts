import { START, type Position, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  decodeRow,
  encodedRows,
  MOST_BEHIND,
  placeIn,
  readThrough,
  reducePage,
  unknownKeys,
  type AnyProjection,
  type EncodedRow,
} from '@login-policy/event-sourcing/store';
import { isConnectionLost, stateOf } from './faults.js';
import { digest } from './names.js';
import type { Answering } from './queries.js';
import { EventReads } from './reads.js';
import { keyBytes, keyOfHex } from './row-changes.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';
import { takeStep } from './steps.js';

/** Rows that were written past, and how far they are behind. */
export interface Behind {
  readonly projection: AnyProjection;
  /** The number of the rows. */
  readonly model: string;
  readonly checkpoint: Position | undefined;
  readonly head: Position;
  /** Of a rebuild, how many slices were written. */
  readonly slices?: number;
}

const LARGEST_PAGE_BYTES = 64_000_000;

/**
 * Brings rows to the head that were written past, inside a writer's turn, so that nothing more is written meanwhile, and answers with
 * those that were looked at. `undefined`, and nothing is written, when that is more than {@link MOST_BEHIND} events, or one of them can't
 * be read or reduced: then it is left to who follows.
 */
export async function catchUp(
  turn: Answering,
  schema: Schema,
  behind: Behind,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  const { checkpoint = START, head, model } = behind;
  if (head <= checkpoint) return new Map();
  if (placeIn(head) - placeIn(checkpoint) > BigInt(MOST_BEHIND)) return undefined;
  const rows = await reduced(turn, schema, behind).catch(leftToReaders);
  if (rows === undefined) return undefined;
  const { checkpoint: expected, slices } = behind;
  const step = { model, expected, checkpoint: head, rows, ...(slices !== undefined && { slices }) };
  const refused = await takeStep(turn, schema, step);
  return refused === null ? new Map(rows.map(({ key, row }) => [key, row])) : undefined;
}

/** The server's word ends the transaction; what can't be read of an event or a row is told to who reads it. */
function leftToReaders(caught: unknown): undefined {
  if (stateOf(caught) !== undefined || isConnectionLost(caught)) throw caught;
}

/** The rows that change up to the head; `undefined` when an event stops it. */
async function reduced(
  turn: Answering,
  schema: Schema,
  { projection, model, checkpoint = START }: Behind,
): Promise<readonly EncodedRow<unknown>[] | undefined> {
  const ahead = new EventReads(turn, schema, LARGEST_PAGE_BYTES).ahead({ filter: projection.filter });
  const events: RecordedEvent[] = [];
  for await (const page of readThrough(ahead, { after: checkpoint })) events.push(...page);
  const before = await rowsNow(turn, schema, { projection, model, keys: unknownKeys(projection, events) });
  const { rows, stopped } = reducePage(projection, events, (key) => before.get(key));
  return stopped === undefined ? encodedRows(projection, rows) : undefined;
}

/** The rows under these keys. */
async function rowsNow(
  turn: Answering,
  { quoted }: Schema,
  { projection, model, keys }: { projection: AnyProjection; model: string; keys: readonly string[] },
): Promise<ReadonlyMap<string, unknown>> {
  const found = await turn.read(
    `SELECT pg_catalog.encode(key, 'hex'), content::text FROM ${quoted}.read_model_rows
     WHERE model = $1 AND digest = ANY ($2::bytea[])`,
    [model, keys.map((key) => digest(keyBytes(key)))],
  );
  return new Map(
    found.map(([hex, content]) => {
      const key = keyOfHex(text(hex));
      return [key, decodeRow(projection, { key, text: text(content), store: turn.name })];
    }),
  );
}
