import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '@login-policy/event-sourcing';
import type { DriverConnection, Progress } from './driver.js';
import { codeOf } from './faults.js';
import { makePrivate } from './private-file.js';

/** The connections of a backup. */
export interface BackupSource {
  /**
   * Opens a read connection for the backup; `undefined` for a database in memory, which no second connection can see.
   */
  readonly connect: (() => DriverConnection) | undefined;
  /** The store's own connection. */
  readonly storeConnection: DriverConnection;
}

/** The options of a backup. */
export interface BackupOptions {
  /** Called with the number of pages copied and their total. */
  readonly onProgress?: Progress;
  /** Aborts the backup; nothing is left of it. */
  readonly signal?: AbortSignal;
}

/**
 * Writes a whole, consistent copy of the database while this process and others append. The file gets its name once it
 * is complete and synced.
 *
 * @throws StoreUnavailable when a file of that name exists, or it can't be written.
 * @throws DeadlineExceeded when the signal fired.
 */
export async function backUp(source: BackupSource, path: string, options: BackupOptions = {}): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.unfinished`;
  try {
    await copy(source, unfinished, options);
    await sync(unfinished, 'r+');
    await refuseLogsBeside(path);
    await linkToName(unfinished, path);
    // Windows can't sync a directory.
    if (process.platform !== 'win32') await sync(dirname(path), 'r');
  } catch (cause) {
    if (options.signal?.aborted === true)
      throw new Fault('deadline-exceeded', { doing: `backing up to ${path}` }, cause);
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new Fault(
      'store-unavailable',
      { store: path, problem: `the backup could not be written: ${problem}` },
      cause,
    );
  } finally {
    await removeUnfinished(unfinished);
  }
}

/**
 * Copies over a separate connection with an open read, because otherwise each commit of another process would restart
 * the copy.
 */
async function copy(
  { connect, storeConnection }: BackupSource,
  path: string,
  { onProgress, signal }: BackupOptions,
): Promise<void> {
  const progress: Progress = (copied, total) => {
    onProgress?.(copied, total);
    signal?.throwIfAborted();
  };
  signal?.throwIfAborted();
  makePrivate(path);
  if (connect === undefined) return storeConnection.copyTo(path, progress);
  const connection = connect();
  try {
    connection.exec('BEGIN');
    connection.value('SELECT 1 FROM sqlite_schema');
    await connection.copyTo(path, progress);
  } finally {
    connection.close();
  }
}

/**
 * Refuses a place beside the log of an earlier file, as a crash leaves it. A program that opens the backup would get
 * the commits in that log, and not the backup.
 */
async function refuseLogsBeside(path: string): Promise<void> {
  for (const log of [`${path}-wal`, `${path}-journal`]) {
    const found = await stat(log).catch(() => undefined);
    if (found !== undefined && found.size > 0)
      throw new Error(`the log of an earlier file is in the way, whose commits SQLite would read: remove ${log}`);
  }
}

/**
 * Links the file to its name, because a link, unlike a rename, never replaces an existing file. Where links are not
 * supported, an empty file reserves the name first.
 */
async function linkToName(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (caught) {
    if (!NO_LINKS.includes(codeOf(caught))) throw caught;
    await (await open(path, 'wx')).close();
    await rename(unfinished, path);
  }
}

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Syncs a file or a directory to disk. */
async function sync(path: string, mode: 'r' | 'r+'): Promise<void> {
  const file = await open(path, mode);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Ignores errors: a file that can't be deleted stays, and the outcome of the backup does not change. */
async function removeUnfinished(unfinished: string): Promise<void> {
  const paths = ['', '-wal', '-shm', '-journal'].map((suffix) => `${unfinished}${suffix}`);
  await Promise.allSettled(paths.map((path) => rm(path)));
}
