import {
  decodePage,
  filterPredicate,
  missingKeys,
  reducePage,
  type AnyProjection,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import { transactionEnded, type Transaction } from './callers-transaction.js';
import type { Connection } from './connection.js';
import { query } from './queries.js';
import type { ModelPlace } from './inline-view.js';
import { digest } from './names.js';
import { rowChanges, keyBytes, keyOfHex, rowOf } from './row-changes.js';
import { PageReader } from './pages.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

/** A read model that is behind, and how far it has to come. */
export interface Behind {
  readonly projection: AnyProjection;
  readonly place: Pick<ModelPlace, 'model' | 'checkpoint'>;
  readonly head: bigint;
}

const PAGE = 1000;
const LARGEST_PAGE_BYTES = 16_000_000;

/**
 * Reduces what was written without the rows, inside the turn of a writer, so that nothing more is written meanwhile. A
 * projector takes no turn: where one has moved the rows since, nothing is reduced twice, and the answer is false.
 *
 * @throws ProjectionStopped before an event that can't be reduced.
 */
export async function catchUp(
  { client, goesOn }: Transaction,
  { connection, schema }: { readonly connection: Connection; readonly schema: Schema },
  { projection, place, head }: Behind,
): Promise<boolean> {
  const isWanted = filterPredicate(projection.filter);
  const origin = projection.origin === undefined ? undefined : 'left-out';
  const reader = new PageReader(connection.name, LARGEST_PAGE_BYTES, origin);
  const page = reader.statement(`SELECT * FROM ${schema.quoted}.events WHERE position > $1 ORDER BY position LIMIT $2`);
  for (let reached = place.checkpoint; reached < head;) {
    const after = reached.toString();
    const { events } = await reader.read((limit) => query(client, page, [after, limit]), PAGE);
    const next = events.at(-1)?.position ?? head;
    const changes = await reduced(client, schema, { projection, model: place.model, events: events.filter(isWanted) });
    const [taken] = await query(
      client,
      `SELECT ${goesOn}, CASE WHEN ${goesOn} AND coalesce(checkpoint, 0) = $4
         THEN coalesce(${schema.quoted}.take_step(model, checkpoint, $2, $3), 'taken') END
       FROM ${schema.quoted}.read_models WHERE model = $1`,
      [place.model, next.toString(), changes, after],
    );
    if (taken?.[0] === 'f') throw transactionEnded();
    if (taken?.[1] !== 'taken') return false;
    reached = next;
  }
  return true;
}

async function reduced(
  client: Transaction['client'],
  { quoted }: Schema,
  { projection, model, events }: { projection: AnyProjection; model: string; events: readonly RecordedEvent[] },
): Promise<string> {
  const page = decodePage(projection, events);
  const found = await query(
    client,
    `SELECT encode(key, 'hex'), content::text FROM ${quoted}.read_model_rows WHERE model = $1 AND sha256(key) = ANY ($2::bytea[])`,
    [model, missingKeys(page).map((key) => digest(keyBytes(key)))],
  );
  const before = new Map(found.map(([key, content]) => [keyOfHex(text(key)), rowOf(projection, text(content))]));
  const { rows, stopped } = reducePage(projection, page, before);
  if (stopped !== undefined) throw stopped;
  return JSON.stringify(rowChanges(projection, rows));
}
