import { isFault } from '@login-policy/event-sourcing';
import { pause } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { query, type Cell } from './queries.js';
import type { Schema } from './schema.js';

/** Where what was lost is looked for, and for how long, in milliseconds. */
export interface Search {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly patienceMs: number;
}

/** A statement that finds something only if it was written, and then waits for it like a commit of its own. */
export type Trace = readonly [statement: string, values: readonly Cell[]];

/**
 * Finds out whether a transaction was written whose answer was lost: all of it was or nothing. One that is not there is given up for good in
 * the same transaction, under the writers' lock, so that it can't be done late either: its bytes may still be on their way to the server. One
 * that is there is waited for like an own commit: a server that was started anew shows what its standby may not have.
 *
 * @throws StoreUnavailable when the server could not be asked within the time.
 */
export async function isThere(search: Search, trace: Trace): Promise<boolean> {
  const end = performance.now() + search.patienceMs;
  for (let tries = 1; ; tries++) {
    try {
      return await search.connection.faulty(() => isThereNow(search, trace));
    } catch (caught) {
      if (!isFault(caught, 'store-unavailable') || performance.now() > end) throw caught;
      await pause(tries);
    }
  }
}

function isThereNow({ connection, schema }: Search, trace: Trace): Promise<boolean> {
  return connection.transaction(async ({ client }) => {
    await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
    if ((await query(client, ...trace)).length > 0) return true;
    // Before the lock goes: what was made ready before, knows another number.
    await query(client, 'SELECT pg_catalog.nextval($1)', [`${schema.quoted}.revocations`]);
    return false;
  });
}
