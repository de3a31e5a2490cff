import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Fault, parseOptions, type Store, yieldToLoop } from '@login-policy/event-sourcing';
import { storeOn } from '@login-policy/event-sourcing/store';
import { SqliteBackend } from './backend.js';
import { backUp, type BackupOptions, type BackupSource } from './backup.js';
import { Connection } from './connection.js';
import { loadDriver, type Driver, type DriverConnection } from './driver.js';
import { eventStatements } from './event-statements.js';
import { rightsFault, toFault } from './faults.js';
import { checkFile, OPENING_WAIT_MS, refuseUnsound } from './file-check.js';
import { modelStatements } from './model-statements.js';
import { openDatabase, prepareDatabase } from './open-database.js';
import { LogReader } from './log-reader.js';
import { BACKUP_RULES, CHECK_RULES, STORE_OPTIONS, type SqliteStoreOptions } from './settings.js';

/** The limits of a group, so that it blocks the event loop for at most some hundredths of a second. */
const MOST = { appends: 512, size: 16_000_000 } as const;

/** A store in one SQLite file. */
export interface SqliteStore extends Store {
  /**
   * Writes a whole, consistent copy of the file while this process and others append. It is synced when the promise
   * resolves. It never overwrites a file.
   *
   * @throws StoreUnavailable when it can't be written, or a file of that name exists.
   * @throws DeadlineExceeded when the signal fired; nothing is left of the copy.
   * @throws RangeError that names an unknown or malformed argument, as `check` does.
   */
  backup(path: string, options?: BackupOptions): Promise<void>;
  /**
   * Checks the whole current file. This blocks the event loop, for about half a second per million events.
   *
   * @throws StoreDamaged when it is not sound, or an index is missing.
   */
  check(kind: 'quick' | 'full'): Promise<void>;
}

/**
 * Opens a store in a SQLite file: events, and read models beside them.
 *
 * @throws StoreForeign, StoreDamaged when the file must not be used; it is left as it was.
 * @throws StoreUnavailable when it can't be opened.
 * @throws DriverUnusable when this Node has no SQLite.
 * @throws RangeError that names an unknown or malformed option.
 */
export async function openSqliteStore(given: SqliteStoreOptions): Promise<SqliteStore> {
  const options = parseOptions(given, 'openSqliteStore', STORE_OPTIONS);
  // Absolute, so that it names the same file when the program has changed its folder.
  const path = options.path === ':memory:' ? options.path : resolve(options.path);
  const { busyTimeoutMs = 5000, pollIntervalMs = 50, readOnly: isReadOnly = false } = options;
  const { durability = 'full', integrityCheck = 'none', migrate = 'run' } = options;
  const driver = await loadDriver();
  const isSound = checkFile(driver, path, integrityCheck);
  if (migrate === 'check') demandFile(path);
  const database = openDatabase(driver, path, { durability, isReadOnly });
  const connection = new Connection(database, { busyTimeoutMs, pollIntervalMs, isReadOnly });
  try {
    await prepareDatabase(connection, migrate);
    if (!isSound && integrityCheck !== 'none') connection.use((opened) => refuseUnsound(opened, integrityCheck));
    return assemble(connection, driver, options);
  } catch (caught) {
    await connection.close();
    throw rightsFault(caught, connection.name) ?? toFault(caught, connection.name);
  }
}

/** Opening a missing file would create it. @throws StoreForeign */
function demandFile(store: string): void {
  if (!existsSync(store)) throw new Fault('store-foreign', { store, problem: 'there is no such file' });
}

function assemble(connection: Connection, driver: Driver, options: SqliteStoreOptions): SqliteStore {
  const { database } = connection;
  const events = eventStatements(database);
  const log = new LogReader(database, events);
  const backend = new SqliteBackend(connection, { events, models: modelStatements(database), log });
  const { clock, observe } = options;
  return {
    ...storeOn(backend, { most: MOST, gather: yieldToLoop, clock, observe }),
    backup: async (path, backupOptions) => {
      parseOptions({ ...backupOptions, path }, 'backup', BACKUP_RULES);
      return backUp(backupSource(connection, driver), path, backupOptions);
    },
    check: async (kind) => {
      parseOptions({ kind }, 'check', CHECK_RULES);
      return connection.use((opened) => refuseUnsound(opened, kind));
    },
  };
}

/** @throws StoreClosed */
function backupSource(connection: Connection, driver: Driver): BackupSource {
  const { name } = connection;
  // Not read-only, although the backup writes nothing: if this connection closes last, it must delete the log.
  const connect = (): DriverConnection =>
    driver.connect(name, { waitMs: OPENING_WAIT_MS, isReadOnly: connection.isReadOnly });
  return {
    connect: name === ':memory:' ? undefined : connect,
    storeConnection: connection.use((database) => database.connection()),
  };
}
