import { Fault } from '@login-policy/event-sourcing';
import { lockNumber } from './names.js';
import type { Cell } from './queries.js';

/** A schema with its names and locks. */
export interface Schema {
  /** The name as given. */
  readonly name: string;
  /** The name as quoted in statements. */
  readonly quoted: string;
  /** The number of the writers' lock. */
  readonly appendLock: bigint;
  /** The number of the migrations' lock. */
  readonly migrateLock: bigint;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Whether a schema can have this name. */
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
    migrateLock: lockNumber('migrate', name),
  };
}

/** The store's name in faults. */
export function nameOf({ name }: Schema): string {
  return `the PostgreSQL schema ${name}`;
}

/** The effective search_path. The expression itself uses qualified names. */
export const PATH = 'pg_catalog.current_schemas(true)';

/**
 * Refuses a search_path with a schema before `pg_catalog`, whose functions and operators could replace those meant. The
 * temporary schema is allowed to come first, because it has neither.
 *
 * @throws StoreForeign that shows the {@link PATH}.
 */
export function demandPath(store: string, path: Cell | undefined): void {
  if (typeof path === 'string' && /^\{(?:pg_temp_\d+,)?pg_catalog[,}]/.test(path)) return;
  const problem = `its connections look in ${path ?? 'nothing'}: have search_path name pg_catalog first, or not at all`;
  throw new Fault('store-foreign', { store, problem });
}
