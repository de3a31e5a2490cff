import { isFault } from '@login-policy/event-sourcing';
import { pause } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { query, type Cell } from './queries.js';
import type { Schema } from './schema.js';

/** Where to look for what was lost, and for how long, in milliseconds. */
export interface Search {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly timeoutMs: number;
}

/** A statement that finds a row only if it was written. It then waits for the standby as its own commit would. */
export type Trace = readonly [statement: string, values: readonly Cell[]];

/**
 * Finds out whether a transaction with a lost answer was written. If it is missing, it is given up for good in the same
 * transaction, under the writers' lock, because its bytes may still be on the way to the server. If it is there, this
 * waits as for a commit of its own: a restarted server shows what its standby may lack.
 *
 * @throws StoreUnavailable when the server could not be asked in time.
 */
export async function isThere(search: Search, trace: Trace): Promise<boolean> {
  const end = performance.now() + search.timeoutMs;
  for (let tries = 1; ; tries++) {
    try {
      return await search.connection.withFaults(() => isThereNow(search, trace));
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
    // Before the lock is released: changes the epoch that plans in flight were made with.
    await query(client, 'SELECT pg_catalog.nextval($1)', [`${schema.quoted}.revocations`]);
    return false;
  });
}
