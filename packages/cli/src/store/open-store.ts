import { existsSync } from 'node:fs';
import { type Instant, isFault, type Store } from '@login-policy/event-sourcing';
import { delegating, type Append, type ReadModelStore } from '@login-policy/event-sourcing/store';
import type { SqliteStore } from '@login-policy/store-sqlite';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { PASSWORD_ADVICE, type StoreAddress } from './store-url.js';

/** The purpose of opening a store: to read it, to write to it, or to create or migrate it. */
export type Purpose = 'read' | 'write' | 'create';

/** The options to open a store. */
export interface OpenOptions {
  readonly purpose: Purpose;
  /** When the events of an append are said to have been recorded. Default: now. */
  readonly recordedAt?: (append: Append) => Instant;
  /** Only for a SQLite file. Default `full`. */
  readonly durability?: 'full' | 'normal';
}

/** A store, and for a SQLite file the check of its pages. */
export type OpenedStore = Store & Partial<Pick<SqliteStore, 'check'>>;

/** Opens a store, and loads its driver on demand. @throws Failure, and as the store does. */
export async function openStore(address: StoreAddress, opening: OpenOptions): Promise<OpenedStore> {
  const store = await opened(address, opening);
  const { recordedAt } = opening;
  if (recordedAt === undefined) return store;
  const { eventStore } = store;
  const append = (one: Append): ReturnType<typeof eventStore.append> =>
    eventStore.append({ ...one, recordedAt: recordedAt(one) });
  return { ...store, eventStore: delegating(eventStore, { append }) };
}

function opened(address: StoreAddress, opening: OpenOptions): Promise<OpenedStore> {
  switch (address.kind) {
    case 'sqlite':
      return openSqlite(address, opening);
    case 'postgres':
      return openPostgres(address, opening);
    case 'esdb':
      return openEventStoreDb(address);
  }
}

async function openSqlite(
  { path, shown }: StoreAddress & { readonly kind: 'sqlite' },
  { purpose, durability = 'full' }: OpenOptions,
): Promise<OpenedStore> {
  if (purpose !== 'create' && path !== ':memory:' && !existsSync(path)) {
    const advice = `login-policy migrate --store ${shown} creates an empty store there.`;
    throw new Failure(EXIT.noInput, `There is no file ${path}. ${advice}`);
  }
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  // Only on request: the programs of an older version that still run could no longer use the file.
  const migrate = purpose === 'create' ? 'run' : 'check';
  return openSqliteStore({ path, durability, readOnly: purpose === 'read', migrate });
}

async function openPostgres(
  { url, schema }: StoreAddress & { readonly kind: 'postgres' },
  { purpose }: OpenOptions,
): Promise<Store> {
  const { openPostgresStore } = await import('@login-policy/store-postgres');
  const { Client, Pool } = (await import('pg')).default;
  // A pool would only parse the URL, and read the files it names, at its first connection.
  parsed(() => new Client({ connectionString: url }));
  const pool = new Pool({ connectionString: url });
  try {
    const migrate = purpose === 'create' ? 'run' : 'check';
    const store = await openPostgresStore({ pool, migrate, ...(schema && { schema }) });
    return closingAlso(store, () => pool.end());
  } catch (caught) {
    await pool.end();
    throw caught;
  }
}

async function openEventStoreDb({
  url,
  rows: rowsAddress,
  streamPrefix,
}: StoreAddress & { readonly kind: 'esdb' }): Promise<Store> {
  const { connectEventStoreDb } = await import('@login-policy/store-eventstoredb');
  // A command that only reads brings the rows up to date, too.
  const rows = rowsAddress && (await openStore(rowsAddress, { purpose: 'create', durability: 'normal' }));
  const readModels: ReadModelStore | undefined = rows && {
    open: (model) => rows.readModels.open(model),
    close: () => rows.close(),
  };
  try {
    return parsed(() =>
      connectEventStoreDb(url, {
        ...(streamPrefix && { streamPrefix }),
        ...(readModels && { readModels }),
      }),
    );
  } catch (caught) {
    await rows?.close();
    throw caught;
  }
}

/** What a driver makes of a URL. @throws Failure without quotations from it, which may be of a secret. */
function parsed<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    if (isFault(cause)) throw new Failure(EXIT.store, `${cause.message}. ${DRIVER_ADVICE}`, { cause });
    const why = cause instanceof Error ? cause.message.replaceAll(/"[^"]*"/g, '…').replace(/\.$/, '') : String(cause);
    throw new Failure(EXIT.usage, `The URL of the store can't be used: ${why}. ${PASSWORD_ADVICE}`, { cause });
  }
}

const DRIVER_ADVICE = 'With npx: npx -p @login-policy/cli -p @kurrent/kurrentdb-client login-policy …';

/** The store, with a `close` that afterwards also calls `end`. */
function closingAlso(store: Store, end: () => Promise<void>): Store {
  const close = async (): Promise<void> => {
    await store.close();
    await end();
  };
  return { ...store, close, [Symbol.asyncDispose]: close };
}
