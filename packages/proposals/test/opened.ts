import { openLoginPolicies, type LoginPolicies } from '@login-policy/domain';
import type { Store } from '@login-policy/event-sourcing';
import { openProposals, type Proposals } from '@login-policy/proposals';
import { openPostgresStore } from '@login-policy/store-postgres';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { Pool } from 'pg';

/** Policies and proposals on a file of SQLite, or on a PostgreSQL server. */
export interface Opened {
  readonly store: Store;
  readonly policies: LoginPolicies;
  readonly proposals: Proposals;
  close(): Promise<void>;
}

/** Opens them at an address: a path, or a URL of PostgreSQL. */
export async function openAt(address: string): Promise<Opened> {
  const pool = address.startsWith('postgres') ? new Pool({ connectionString: address, max: 4 }) : undefined;
  const store = pool === undefined ? await openSqliteStore({ path: address }) : await openPostgresStore({ pool });
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
      await pool?.end();
    },
  };
}
