import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres';
import { getPostgreSQLEventStore, type PostgresEventStore } from '@event-driven-io/emmett-postgresql';
import type { Contender } from '../harness/row.js';
import { CastorePolicies } from '../peers/castore-policies.js';
import { quietly } from '../peers/quietly.js';
import { catchingStrays } from '../peers/stray-errors.js';
import { freshDatabase } from './databases.js';

/** How a peer does a row's work. */
export interface PeerWork<Peer> {
  readonly name: string;
  readonly how: string;
  /** What its store is opened with, besides a pool of its own. */
  readonly options?: Parameters<typeof getPostgreSQLEventStore>[1];
  measure(peer: Peer, url: string): Promise<number>;
}

/** emmett's store on a fresh database, its tables made, with the pool it opens itself. */
export function emmettPostgres(work: PeerWork<PostgresEventStore>): Contender {
  return {
    name: work.name,
    how: work.how,
    measure: () =>
      fresh(async (url) => {
        const store = getPostgreSQLEventStore(url, work.options);
        await store.schema.migrate();
        try {
          return await work.measure(store, url);
        } finally {
          await store.close();
        }
      }),
  };
}

/** castore's store on a fresh database, its table made; it can't be closed. */
export function castorePostgres(work: PeerWork<CastorePolicies>): Contender {
  return {
    name: work.name,
    how: work.how,
    measure: () =>
      fresh(async (connectionString) => {
        await PostgresEventStorageAdapter.createEventTable({
          connectionString,
          aggregateId: { type: 'VARCHAR', length: 200 },
        });
        const adapter = new PostgresEventStorageAdapter({ connectionString });
        return work.measure(new CastorePolicies(adapter), connectionString);
      }),
  };
}

function fresh(measure: (url: string) => Promise<number>): Promise<number> {
  return catchingStrays(() => quietly(async () => measure(await freshDatabase())));
}
