import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { Pool } from 'pg';
import type { Conditions } from '../harness/row.js';
import { castoreMemory, castorePostgres } from '../peers/castore.js';
import { emmettMemory, emmettPostgres, emmettSqlite } from '../peers/emmett.js';
import type { Peer } from '../peers/peers.js';
import { freshDatabase } from '../raw/postgres-server.js';
import type { RawDriver } from '../raw/raw-driver.js';
import { RawMemory } from '../raw/raw-memory.js';
import { RawPostgres } from '../raw/raw-postgres.js';
import { RawSqlite } from '../raw/raw-sqlite.js';

/** One of our stores, and a function that closes everything opened for it. */
export interface OpenStore {
  readonly store: Store;
  readonly close: () => Promise<void>;
}

/** A kind of store: ours, by hand, and the peers. */
export interface StoreKind {
  /** The group of its rows. */
  readonly name: 'sqlite' | 'postgres' | 'memory';
  /** The store's name in a row's title. */
  readonly title: string;
  /** The name of the driver by hand. */
  readonly driver: string;
  /** The number of policies with commands in a round of a second or two. */
  readonly policiesInTurn: number;
  /** A path or an address that is still empty. */
  freshLocation(conditions: Conditions): Promise<string>;
  /** Opens ours as the README does. */
  openOurs(location: string): Promise<OpenStore>;
  openRaw(location: string): Promise<RawDriver>;
  peers(conditions: Conditions): readonly Peer[];
}

/** SQLite: `synchronous=FULL`, our default. */
export const sqlite: StoreKind = {
  name: 'sqlite',
  title: 'SQLite FULL',
  driver: 'node:sqlite',
  policiesInTurn: 180,
  freshLocation: async ({ scratch }) => scratch.fresh('store.db'),
  async openOurs(path) {
    const store = await openSqliteStore({ path });
    return { store, close: () => store.close() };
  },
  openRaw: async (path) => new RawSqlite(path),
  peers: (conditions) => [emmettSqlite(conditions)],
};

/** PostgreSQL, all options as by default. */
export const postgres: StoreKind = {
  name: 'postgres',
  title: 'PostgreSQL',
  driver: 'pg',
  policiesInTurn: 90,
  freshLocation: () => freshDatabase(),
  async openOurs(connectionString) {
    const pool = new Pool({ connectionString });
    const store = await openPostgresStore({ pool });
    return { store, close: () => store.close().then(() => pool.end()) };
  },
  openRaw: (location) => RawPostgres.open(location),
  peers: () => [emmettPostgres, castorePostgres],
};

/** Memory can't be opened twice. */
export const memory: StoreKind = {
  name: 'memory',
  title: 'memory',
  driver: 'plain JavaScript',
  policiesInTurn: 900,
  freshLocation: async () => 'memory',
  async openOurs() {
    const store = openMemoryStore();
    return { store, close: () => store.close() };
  },
  openRaw: async () => new RawMemory(),
  peers: () => [emmettMemory, castoreMemory],
};

/** Runs work with the driver by hand, and closes it. */
export async function withRaw<Result>(
  kind: StoreKind,
  location: string,
  work: (driver: RawDriver) => Promise<Result>,
): Promise<Result> {
  const driver = await kind.openRaw(location);
  try {
    return await work(driver);
  } finally {
    await driver.close();
  }
}
