import { StoreForeign } from '@login-policy/event-sourcing/store';
import { lockNumber } from './names.js';
import type { Cell } from './queries.js';

/** The names of everything in one schema. */
export interface Schema {
  /** As it was given. */
  readonly name: string;
  /** As it stands in a statement. */
  readonly quoted: string;
  /** Of the lock a writer holds. */
  readonly appendLock: bigint;
  /** Of the lock that listeners hold, shared. */
  readonly listenLock: bigint;
  /** Of the lock that a migration holds. */
  readonly migrateLock: bigint;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Whether a schema can be named so. */
export function isSchemaName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name) && !name.startsWith('pg_');
}

/** The schema of that name. @throws RangeError when it is not 1 to 63 letters, digits and underscores. */
export function schemaNamed(name: string): Schema {
  if (!isSchemaName(name)) {
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

/** What faults call the store in it. */
export function nameOf({ name }: Schema): string {
  return `the PostgreSQL schema ${name}`;
}

/** Where what a statement means is looked for, in that order; itself it names what PostgreSQL has. */
export const PATH = 'pg_catalog.current_schemas(true)';

/**
 * Refuses a path on which something comes before what PostgreSQL has: functions and operators that stand there could
 * take the place of those that are meant. What is temporary comes first, and has neither.
 *
 * @throws StoreForeign which says what the {@link PATH} is.
 */
export function demandPath(store: string, path: Cell | undefined): void {
  if (typeof path === 'string' && /^\{(?:pg_temp_\d+,)?pg_catalog[,}]/.test(path)) return;
  const problem = `its connections look in ${path ?? 'nothing'}: have search_path name pg_catalog first, or not at all`;
  throw new StoreForeign({ store, problem });
}
