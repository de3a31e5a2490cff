import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DeadlineExceeded, StoreUnavailable } from '@login-policy/event-sourcing/store';
import type { DriverConnection, Progress } from './driver.js';
import { codeOf } from './faults.js';
import { makePrivate } from './private-file.js';

/** Where a backup is read from. */
export interface BackupSource {
  /** A connection that reads, of the backup's own; `undefined` where a second one would find nothing. */
  readonly connect: (() => DriverConnection) | undefined;
  /** The store's own connection. */
  readonly own: DriverConnection;
}

/** How a backup is watched, and given up. */
export interface BackupOptions {
  /** Told as it goes on: so many pages are copied, of so many. */
  readonly onProgress?: Progress;
  /** Gives it up; nothing is left of it. */
  readonly signal?: AbortSignal;
}

/**
 * Writes a whole, consistent copy of the database while appends go on, this process's and others'. It gets its name when it
 * is complete and on the disk.
 *
 * @throws StoreUnavailable when there is a file of that name already, or it can't be written.
 * @throws DeadlineExceeded when the signal fired.
 */
export async function backUp(source: BackupSource, path: string, options: BackupOptions = {}): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.unfinished`;
  try {
    await copy(source, unfinished, options);
    await sync(unfinished, 'r+');
    await giveName(unfinished, path);
    // Windows has no such thing.
    if (process.platform !== 'win32') await sync(dirname(path), 'r');
  } catch (cause) {
    if (options.signal?.aborted === true) throw new DeadlineExceeded({ doing: `backing up to ${path}` }, cause);
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new StoreUnavailable({ store: path, problem: `the backup could not be written: ${problem}` }, cause);
  } finally {
    await removeAll(unfinished);
  }
}

/** Over a connection of its own that holds one moment fast: else each commit of another process would make it begin anew. */
async function copy(
  { connect, own }: BackupSource,
  path: string,
  { onProgress, signal }: BackupOptions,
): Promise<void> {
  const progress: Progress = (copied, total) => {
    onProgress?.(copied, total);
    signal?.throwIfAborted();
  };
  signal?.throwIfAborted();
  makePrivate(path);
  if (connect === undefined) return own.copyTo(path, progress);
  const connection = connect();
  try {
    connection.exec('BEGIN');
    connection.prepare('SELECT 1 FROM sqlite_schema', 'record').get();
    await connection.copyTo(path, progress);
  } finally {
    connection.close();
  }
}

/** A link, unlike a rename, never takes the place of a file that is there. Where there are no links, the name is taken first. */
async function giveName(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (caught) {
    if (!NO_LINKS.includes(codeOf(caught))) throw caught;
    await (await open(path, 'wx')).close();
    await rename(unfinished, path);
  }
}

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Waits until a file, or what a folder lists, is on the disk. */
async function sync(path: string, mode: 'r' | 'r+'): Promise<void> {
  const file = await open(path, mode);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What can't be taken away stays: the backup is what it is. */
async function removeAll(unfinished: string): Promise<void> {
  const paths = ['', '-wal', '-shm', '-journal'].map((suffix) => `${unfinished}${suffix}`);
  await Promise.allSettled(paths.map((path) => rm(path)));
}
