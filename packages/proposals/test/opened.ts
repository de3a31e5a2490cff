import { openLoginPolicies, type LoginPolicies } from '@login-policy/domain';
import type { Clock, Store } from '@login-policy/event-sourcing';
import { openProposals, type Proposals } from '@login-policy/proposals';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { openPostgresStore } from '@login-policy/store-postgres';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { Pool } from 'pg';

/** Policies and proposals of one store. */
export interface Opened {
  readonly store: Store;
  readonly policies: LoginPolicies;
  readonly proposals: Proposals;
  close(): Promise<void>;
}

/** Where a store is: of SQLite a path, else a URL; for EventStoreDB, also where its rows are kept, if anywhere. */
export interface StoreAddress {
  readonly url: string;
  readonly rows?: string;
  /** A part of a server for one test: a schema of PostgreSQL, a prefix of EventStoreDB. */
  readonly part?: string;
}

/** Opens a store at an address. */
export async function openStoreAt({ url, rows, part }: StoreAddress, clock?: Clock): Promise<Store> {
  const timed = clock === undefined ? {} : { clock };
  if (url.startsWith('postgres')) {
    const pool = new Pool({ connectionString: url, max: 4 });
    const store = await openPostgresStore({ pool, ...timed, ...(part !== undefined && { schema: part }) });
    return closingAlso(store, () => pool.end());
  }
  if (!url.startsWith('esdb')) return openSqliteStore({ path: url, ...timed });
  const kept = rows === undefined ? undefined : await openStoreAt({ url: rows, ...(part !== undefined && { part }) });
  const store = connectEventStoreDb(url, {
    ...timed,
    ...(part !== undefined && { streamPrefix: `${part}.` }),
    ...(kept !== undefined && { readModels: kept.readModels }),
  });
  return closingAlso(store, async () => kept?.close());
}

function closingAlso(store: Store, end: () => Promise<void>): Store {
  const close = async (): Promise<void> => {
    await store.close();
    await end();
  };
  return { ...store, close };
}

/** Opens policies and proposals at an address. */
export async function openAt(address: StoreAddress): Promise<Opened> {
  const store = await openStoreAt(address);
  const policies = await openLoginPolicies({ store });
  const proposals = await openProposals({ store, loginPolicies: policies, mayApprove: () => true });
  return {
    store,
    policies,
    proposals,
    async close() {
      await proposals.close();
      await policies.close();
      await store.close();
    },
  };
}
