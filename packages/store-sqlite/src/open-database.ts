import { Fault } from '@login-policy/event-sourcing';
import type { Connection } from './connection.js';
import { Database } from './database.js';
import type { Driver, DriverConnection } from './driver.js';
import { openingFault, refuseUnwritable } from './faults.js';
import { OPENING_WAIT_MS } from './file-check.js';
import { FilePlace } from './file-place.js';
import { makePrivate } from './private-file.js';
import { demandReady, migrate } from './schema.js';

/** Whether an acknowledged append survives a power loss. */
export type Durability = 'full' | 'normal';

/** Once a store is open, the driver waits at most this long, because it blocks the event loop. */
const DRIVER_WAIT_MS = 5;
/** When the log is emptied, it is truncated to this size, because a rebuild may have made it large. */
const LOG_BYTES_KEPT = 4 * 1024 * 1024;

const SYNCHRONOUS = { normal: 1, full: 2 } as const;

/** How to open a file. */
export interface OpenOptions {
  readonly durability: Durability;
  /** Refuses all writes; the file must exist. */
  readonly isReadOnly: boolean;
}

/** Opens a file, creating it if it is missing. @throws StoreUnavailable */
export function openDatabase(driver: Driver, path: string, { durability, isReadOnly }: OpenOptions): Database {
  const isFile = path !== ':memory:';
  return new Database({
    name: path,
    ...(isFile && { placeOf: () => new FilePlace(path) }),
    connect(isFirst) {
      if (isFirst && !isReadOnly && isFile) {
        makePrivate(path);
        refuseUnwritable(path);
      }
      try {
        const connection = driver.connect(path, { waitMs: OPENING_WAIT_MS, isReadOnly });
        configure(connection, path, durability);
        if (!isFirst) connection.exec(`PRAGMA busy_timeout = ${DRIVER_WAIT_MS}`);
        return connection;
      } catch (caught) {
        throw openingFault(caught, path);
      }
    },
  });
}

/** Checks the result of each setting, because SQLite silently ignores an invalid one. */
function configure(connection: DriverConnection, store: string, durability: Durability): void {
  try {
    connection.exec(`PRAGMA synchronous = ${durability}`);
    if (Number(connection.value('PRAGMA synchronous')) !== SYNCHRONOUS[durability]) {
      throw new Fault('store-unavailable', {
        store,
        problem: `SQLite does not sync as durability ${durability} needs it`,
      });
    }
    // Only on macOS a sync needs this to reach the disk.
    const isFull = durability === 'full' ? 'ON' : 'OFF';
    connection.exec(`PRAGMA fullfsync = ${isFull}`);
    connection.exec(`PRAGMA checkpoint_fullfsync = ${isFull}`);
    connection.exec(`PRAGMA journal_size_limit = ${LOG_BYTES_KEPT}`);
  } catch (caught) {
    connection.close();
    throw caught;
  }
}

/**
 * Creates, migrates or only checks the schema, and turns the write-ahead log on.
 *
 * The schema comes first, so that the file itself, and not only its log, shows from the start which program owns it.
 * Turning the log on needs exclusive access for a short time. The driver does not wait for it, so it is retried.
 *
 * @throws StoreUnavailable where there can be no such log, as on a network file system.
 */
export async function prepareDatabase(connection: Connection, migration: 'run' | 'check'): Promise<void> {
  const { database, isReadOnly, name } = connection;
  if (isReadOnly) return demandReady(database);
  if (migration === 'run') migrate(database);
  else demandReady(database);
  const mode = await connection.retryWhileBusy(() => database.value('PRAGMA journal_mode = WAL'));
  if (mode !== 'wal' && name !== ':memory:') {
    throw new Fault('store-unavailable', {
      store: name,
      problem: 'SQLite can not create a write-ahead log there: use a local disk',
    });
  }
  database.exec(`PRAGMA busy_timeout = ${DRIVER_WAIT_MS}`);
}
