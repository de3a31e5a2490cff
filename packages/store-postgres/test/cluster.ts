import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '@login-policy/store-postgres';
import { Pool } from 'pg';
import { EmbeddedServer } from './embedded-server.js';
import { Switch } from './switch.js';
import { eventually } from './waiting.js';

/** A primary and its standby, and a store that reaches whichever of them the switch leads to. */
export interface Cluster {
  readonly primary: EmbeddedServer;
  readonly standby: EmbeddedServer;
  readonly way: Switch;
  readonly pool: Pool;
  readonly store: PostgresStore;
}

/** How the store is opened, and what the primary is told. */
export interface ClusterOptions extends Partial<PostgresStoreOptions> {
  readonly settings?: Readonly<Record<string, string>>;
}

/** Each commit waits until the standby shows it. */
export const WAITED_FOR = {
  settings: { synchronous_commit: 'remote_apply', synchronous_standby_names: 'standby' },
} as const;

/** Lets a test have servers of its own, and ends them after it. */
export async function onCluster(
  { settings = {}, ...options }: ClusterOptions,
  test: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const primary = await EmbeddedServer.start();
  const standby = await primary.standby();
  await primary.set(settings);
  const way = await Switch.to(primary.url);
  const pool = new Pool({ connectionString: way.url });
  pool.on('error', () => undefined);
  const store = await openPostgresStore({ pool, ...options });
  try {
    await test({ primary, standby, way, pool, store });
  } finally {
    await way.close();
    await store.close();
    await pool.end();
    for (const server of [primary, standby]) await server.kill().catch(() => undefined);
  }
}

/** Has the standby, which was away, take over. */
export async function failOver({ primary, standby, way }: Cluster): Promise<void> {
  await primary.kill().catch(() => undefined);
  await standby.restart();
  await standby.promote();
  way.leadTo(standby);
  way.cut();
}

/** Has the standby show no more of what the primary writes. */
export async function detach({ standby }: Cluster): Promise<void> {
  await standby.set({ primary_conninfo: '' });
  await eventually('the end of replication', async () => {
    const [row] = await standby.ask('SELECT count(*) AS receivers FROM pg_stat_wal_receiver');
    return String(row?.['receivers']) === '0';
  });
}

/** Waits until the standby has all there is. */
export async function untilShown({ primary }: Cluster): Promise<void> {
  const statement = 'SELECT replay_lsn >= pg_current_wal_lsn() AS shown FROM pg_stat_replication';
  await eventually('the standby', async () => (await primary.ask(statement))[0]?.['shown'] === true);
}
