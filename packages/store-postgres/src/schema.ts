import { lockNumber } from './names.js';

/** The names of everything in one schema. */
export interface Schema {
  /** As it was given. */
  readonly name: string;
  /** As it stands in a statement. */
  readonly quoted: string;
  /** Of the lock a writer holds. */
  readonly appendLock: bigint;
  /** Of the lock whoever listens holds, shared. */
  readonly listenLock: bigint;
  /** Of the lock whoever brings the schema to another version holds. */
  readonly migrateLock: bigint;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** The schema of that name. @throws RangeError when it is not 1 to 63 letters, digits and underscores. */
export function schemaNamed(name: string): Schema {
  if (!NAME.test(name) || name.startsWith('pg_')) {
    throw new RangeError(`a schema is named by 1 to 63 letters, digits and _, unlike ${JSON.stringify(name)}`);
  }
  return {
    name,
    quoted: `"${name}"`,
    appendLock: lockNumber('append', name),
    listenLock: lockNumber('listen', name),
    migrateLock: lockNumber('migrate', name),
  };
}
