import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { Pool } from 'pg';
import type { Setting } from '../harness/row.js';
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
export interface Kind {
  /** The group of its rows. */
  readonly name: 'sqlite' | 'postgres' | 'memory';
  /** The store's name in a row's title. */
  readonly title: string;
  /** The name of the driver by hand. */
  readonly driver: string;
  /** The number of policies with commands in a round of a second or two. */
  readonly policiesInTurn: number;
  /** A path or an address that is still empty. */
  freshPlace(setting: Setting): Promise<string>;
  /** Opens ours as the README does. */
  openOurs(place: string): Promise<OpenStore>;
  openRaw(place: string): Promise<RawDriver>;
  peers(setting: Setting): readonly Peer[];
}

/** SQLite: `synchronous=FULL`, our default. */
export const sqlite: Kind = {
  name: 'sqlite',
  title: 'SQLite FULL',
  driver: 'node:sqlite',
  policiesInTurn: 180,
  freshPlace: async ({ scratch }) => scratch.fresh('store.db'),
  async openOurs(path) {
    const store = await openSqliteStore({ path });
    return { store, close: () => store.close() };
  },
  openRaw: async (path) => new RawSqlite(path),
  peers: (setting) => [emmettSqlite(setting)],
};

/** PostgreSQL, all options as by default. */
export const postgres: Kind = {
  name: 'postgres',
  title: 'PostgreSQL',
  driver: 'pg',
  policiesInTurn: 90,
  freshPlace: freshDatabase,
  async openOurs(connectionString) {
    const pool = new Pool({ connectionString });
    const store = await openPostgresStore({ pool });
    return { store, close: () => store.close().then(() => pool.end()) };
  },
  openRaw: (place) => RawPostgres.open(place),
  peers: () => [emmettPostgres, castorePostgres],
};

/** Memory can't be opened twice. */
export const memory: Kind = {
  name: 'memory',
  title: 'memory',
  driver: 'plain JavaScript',
  policiesInTurn: 900,
  freshPlace: async () => 'memory',
  async openOurs() {
    const store = openMemoryStore();
    return { store, close: () => store.close() };
  },
  openRaw: async () => new RawMemory(),
  peers: () => [emmettMemory, castoreMemory],
};

/** Runs work with the driver by hand, and closes it. */
export async function withRaw<Result>(
  kind: Kind,
  place: string,
  work: (driver: RawDriver) => Promise<Result>,
): Promise<Result> {
  const driver = await kind.openRaw(place);
  try {
    return await work(driver);
  } finally {
    await driver.close();
  }
}
