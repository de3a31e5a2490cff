import { randomUUID } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { StoreUnavailable } from '@login-policy/event-sourcing';
import type { Connection } from './connection.js';

/**
 * Writes a whole, consistent copy of the database while appends go on. It gets its name when it is complete.
 *
 * @throws StoreUnavailable when there is a file of that name already, or it can't be written.
 */
export async function backUp(connection: Connection, path: string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.unfinished`;
  try {
    await connection.use((database) => database.connection().copyTo(unfinished, () => undefined));
    // A link, unlike a rename, never takes the place of a file that is there.
    await link(unfinished, path);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new StoreUnavailable({ store: path, problem: `the backup could not be written: ${problem}` }, cause);
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${unfinished}${suffix}`, { force: true });
  }
}
