import { openLoginPolicies } from '@login-policy/domain';
import { openPostgresStore } from '@login-policy/store-postgres';
import { Pool } from 'pg';
import type { WithOurs } from '../workload/our-contenders.js';
import { RawDatabase } from './raw-database.js';
import { onServer } from './server.js';

let count = 0;

/**
 * Makes an empty database beside the one `DATABASE_URL` names, and answers with its URL. All of them are thrown away by the
 * process that started this one, when peers that can't be closed are gone.
 */
export async function freshDatabase(): Promise<string> {
  const url = new URL(process.env['DATABASE_URL'] ?? '');
  count += 1;
  const name = `${databasesOf(process.ppid)}${process.pid}_${count}`;
  await onServer(url.href, (client) => client.query(`CREATE DATABASE ${name}`));
  url.pathname = `/${name}`;
  return url.href;
}

/** What the names begin with of the databases that the children of a process make. */
export function databasesOf(parent: number): string {
  return `bench_${parent}_`;
}

/** Does something with a fresh database by hand. */
export async function withRaw<Result>(work: (raw: RawDatabase) => Promise<Result>): Promise<Result> {
  const raw = await RawDatabase.open(await freshDatabase());
  try {
    return await work(raw);
  } finally {
    await raw.close();
  }
}

/** Does something with a fresh store of ours, all options as by default. */
export const withOurs: WithOurs = async (_readModel, work) => {
  const pool = new Pool({ connectionString: await freshDatabase() });
  const store = await openPostgresStore({ pool });
  const policies = await openLoginPolicies({ store });
  try {
    return await work({ store, policies });
  } finally {
    await policies.close();
    await store.close();
    await pool.end();
  }
};
