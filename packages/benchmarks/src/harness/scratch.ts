import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TMPFS = 0x01021994;

/** The folder of this package. */
export const packageFolder: string = fileURLToPath(new URL('../../', import.meta.url));

/** A folder on a real disk that hands out new names, and is deleted with its content. */
export interface Scratch {
  /** A path that does not exist yet. */
  fresh(name: string): string;
  remove(): Promise<void>;
}

/** Creates a scratch folder: in the system's temporary folder, or in `.data/` when that one is in memory. */
export async function openScratch(): Promise<Scratch> {
  const { type } = await statfs(tmpdir());
  const parent = type === TMPFS ? join(packageFolder, '..', '..', '.data') : tmpdir();
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'login-policy-bench-'));
  let count = 0;
  return {
    fresh: (name) => join(folder, `${(count += 1)}-${name}`),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 10 }),
  };
}
