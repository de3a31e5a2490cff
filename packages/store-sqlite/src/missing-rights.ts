import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@login-policy/event-sourcing';

/** Refuses a file that may not be written, because SQLite would open it for reading. @throws StoreForeign */
export function refuseUnwritable(store: string): void {
  const isWritable = may(existsSync(store) ? store : dirname(store), constants.W_OK);
  const fault = isWritable ? undefined : missingRights(store);
  if (fault !== undefined) throw fault;
}

/** The fault of a file that the user of this program may not use; `undefined` if there is none. */
export function missingRights(store: string, cause?: unknown): Fault<'store-foreign'> | undefined {
  const folder = dirname(store);
  if (!existsSync(folder)) return undefined;
  const isThere = existsSync(store);
  if (isThere && !may(store, constants.R_OK)) return foreign('the user of this program may not read it');
  if ((isThere && !may(store, constants.W_OK)) || !may(folder, constants.W_OK | constants.X_OK))
    return foreign('the user of this program may not write it, or not write to its folder, where SQLite keeps its log');
  return undefined;

  function foreign(problem: string): Fault<'store-foreign'> {
    return new Fault('store-foreign', { store, problem }, cause);
  }
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
