import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of a test's own, and how it is taken away again. */
export interface Folder {
  readonly path: (name: string) => string;
  readonly remove: () => Promise<void>;
}

/** Makes an empty folder that nothing else uses. */
export async function freshFolder(): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), 'login-policy-sqlite-'));
  return { path: (name) => join(folder, name), remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What a promise rejects with; `undefined` when it does not. */
export function faultOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
}
