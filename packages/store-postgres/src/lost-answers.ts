import { instant, revision } from '@login-policy/event-sourcing';
import { pause, StoreUnavailable, type Outcome } from '@login-policy/event-sourcing/store';
import { placedEvents, type PreparedAppend } from './append.js';
import type { Connection } from './connection.js';
import { query, type Cells } from './queries.js';
import { storedText } from './names.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

/** What became of an append of a group whose answer was lost; `undefined`: it was refused, nobody knows why. */
export type Found = Outcome | undefined;

/**
 * Finds out what became of a group whose answer was lost, by looking for its event ids and receipts. A group that is not
 * there is given up for good in the same transaction, under the writers' lock, so that it can't be done late either: its
 * bytes may still be on their way to the server. Answers `undefined` when nothing was written, nor ever will be.
 *
 * @throws StoreUnavailable when the server could not be asked within the time.
 */
export async function lookUp(
  { connection, schema, patienceMs }: { connection: Connection; schema: Schema; patienceMs: number },
  batch: readonly PreparedAppend[],
): Promise<readonly Found[] | undefined> {
  const end = performance.now() + patienceMs;
  for (let tries = 1; ; tries++) {
    try {
      return await connection.faulty(() => lookOnce(connection, schema, batch));
    } catch (caught) {
      if (!(caught instanceof StoreUnavailable) || performance.now() > end) throw caught;
      await pause(tries);
    }
  }
}

function lookOnce(
  connection: Connection,
  schema: Schema,
  batch: readonly PreparedAppend[],
): Promise<readonly Found[] | undefined> {
  return connection.transaction(async (client) => {
    await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
    const streams = batch.map(({ stream }) => stream.name);
    const events = await query(
      client,
      `SELECT id, position, revision, recorded_at FROM ${schema.quoted}.events
       WHERE stream = ANY ($1) AND id = ANY ($2)`,
      [streams, batch.flatMap((one) => one.append.events.slice(0, 1).map(({ id }) => id))],
    );
    const receipts = await query(
      client,
      `SELECT stream, key, fingerprint FROM ${schema.quoted}.receipts WHERE stream = ANY ($1) AND key = ANY ($2)`,
      [streams, batch.flatMap(({ key }) => (key === undefined ? [] : [key]))],
    );
    const found = batch.map((one) => foundAmong(one, events, receipts));
    if (found.some((outcome) => outcome !== undefined)) return found;
    // Before the lock goes: what was made ready before, knows another number.
    await query(client, 'SELECT pg_catalog.nextval($1)', [`${schema.quoted}.revocations`]);
    return undefined;
  });
}

function foundAmong(one: PreparedAppend, events: readonly Cells[], receipts: readonly Cells[]): Found {
  const [first] = one.append.events;
  if (first === undefined) {
    const { stream, key, append } = one;
    const fingerprint = storedText(append.receipt?.fingerprint ?? '');
    const isThere = receipts.some((cells) => cells[0] === stream.name && cells[1] === key && cells[2] === fingerprint);
    return isThere ? { recorded: [] } : undefined;
  }
  const place = events.find(([id]) => id === first.id);
  if (place === undefined) return undefined;
  const [, position, inStream, recordedAt] = place;
  const placed = {
    position: BigInt(text(position)),
    revision: revision(BigInt(text(inStream))),
    recordedAt: instant(Number(recordedAt)),
  };
  return { recorded: placedEvents(one, placed) };
}
