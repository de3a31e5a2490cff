import type { RecordedEvent } from '@login-policy/event-sourcing';
import {
  decodePage,
  filterPredicate,
  missingKeys,
  MOST_BEHIND,
  reducePage,
  type AnyProjection,
  decodeRow,
  placeIn,
} from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { isConnectionLost, stateOf } from './faults.js';
import { digest } from './names.js';
import { PageReader } from './pages.js';
import { query } from './queries.js';
import { keyBytes, keyOfHex } from './row-changes.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

/** Rows that were written past, and how far they are behind. */
export interface Behind {
  readonly projection: AnyProjection;
  /** The number of the rows. */
  readonly model: string;
  readonly checkpoint: bigint;
  readonly head: bigint;
}

/** What rows come to that were written past. */
export interface CaughtUp {
  /** The rows that change; `undefined` where there is none any more. */
  readonly rows: ReadonlyMap<string, unknown>;
  readonly before: ReadonlyMap<string, unknown>;
}

const LARGEST_PAGE_BYTES = 64_000_000;

/**
 * Reduces what was written without the rows, inside a writer's turn, so that nothing more is written meanwhile. `undefined` when
 * that is more than {@link MOST_BEHIND} events, or one of them can't be read or reduced: then it is left to who follows. Writes nothing.
 */
export async function caughtUp(client: ClientBase, schema: Schema, behind: Behind): Promise<CaughtUp | undefined> {
  if (behind.head - behind.checkpoint > BigInt(MOST_BEHIND)) return undefined;
  try {
    return await reduced(client, schema, behind);
  } catch (caught) {
    // The server's word ends the transaction; what can't be read of an event or a row is told to who reads it.
    if (stateOf(caught) !== undefined || isConnectionLost(caught)) throw caught;
    return undefined;
  }
}

async function reduced(client: ClientBase, schema: Schema, behind: Behind): Promise<CaughtUp | undefined> {
  const { projection, head, checkpoint } = behind;
  const reader = new PageReader(schema.name, LARGEST_PAGE_BYTES);
  const statement = reader.statement(
    `SELECT * FROM ${schema.quoted}.events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3`,
  );
  const events: RecordedEvent[] = [];
  for (let reached = checkpoint; reached < head;) {
    const after = reached.toString();
    const page = await reader.read((limit) => query(client, statement, [after, head.toString(), limit]), MOST_BEHIND);
    events.push(...page.events);
    const last = page.events.at(-1);
    reached = last === undefined ? head : placeIn(last.position);
  }
  const page = decodePage(projection, events.filter(filterPredicate(projection.filter)));
  const before = await rowsNow(client, schema, { ...behind, keys: missingKeys(page) });
  const existing = new Map([...before].filter(([, row]) => row !== undefined));
  const { rows, stopped } = reducePage(projection, page, existing);
  return stopped === undefined ? { rows, before } : undefined;
}

/** The rows under these keys, also for those under which there is none. */
async function rowsNow(
  client: ClientBase,
  { quoted }: Schema,
  { projection, model, keys }: { projection: AnyProjection; model: string; keys: readonly string[] },
): Promise<ReadonlyMap<string, unknown>> {
  const rows = new Map<string, unknown>(keys.map((key) => [key, undefined]));
  const found = await query(
    client,
    `SELECT pg_catalog.encode(key, 'hex'), content::text FROM ${quoted}.read_model_rows
     WHERE model = $1 AND pg_catalog.sha256(key) = ANY ($2::bytea[])`,
    [model, keys.map((key) => digest(keyBytes(key)))],
  );
  for (const [hex, content] of found) {
    const key = keyOfHex(text(hex));
    rows.set(key, decodeRow(projection, { key, text: text(content), store: quoted }));
  }
  return rows;
}
