import { isFault } from '@login-policy/event-sourcing';
import { pause } from '@login-policy/event-sourcing/store';
import { query, type Cell } from './queries.js';
import type { WriterParts } from './writer.js';

/** A statement that finds a row only if the transaction was written. Its commit waits for a standby. */
export type Trace = readonly [statement: string, values: readonly Cell[]];

/**
 * Finds out whether a transaction with a lost answer was written. If it was not, a new cache epoch begins in the same
 * transaction, under the writers' lock: the server then refuses the lost transaction, should it still arrive. If it was
 * written, this waits for a standby as its own commit would, because a restarted server returns what its standby may
 * lack.
 *
 * @throws StoreUnavailable when the server could not be asked in time.
 */
export async function wasWritten(search: WriterParts, trace: Trace): Promise<boolean> {
  const end = performance.now() + search.timeoutMs;
  for (let tries = 1; ; tries++) {
    try {
      return await search.connection.withFaults(() => wasWrittenByNow(search, trace));
    } catch (caught) {
      if (!isFault(caught, 'store-unavailable') || performance.now() > end) throw caught;
      await pause(tries);
    }
  }
}

function wasWrittenByNow({ connection, schema }: WriterParts, trace: Trace): Promise<boolean> {
  return connection.transaction(async ({ client }) => {
    await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
    if ((await query(client, ...trace)).length > 0) return true;
    // Begins the next cache epoch before the lock is released, so that plans in flight are refused.
    await query(client, 'SELECT pg_catalog.nextval($1)', [`${schema.quoted}.revocations`]);
    return false;
  });
}
