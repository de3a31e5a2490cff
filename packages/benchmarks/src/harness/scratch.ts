import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TMPFS = 0x01021994;

/** The folder of this package. */
export const packageFolder: string = fileURLToPath(new URL('../../', import.meta.url));

/** A folder on a real disk that hands out new names and is taken away with all that is in it. */
export interface Scratch {
  /** A path where nothing stands yet. */
  fresh(name: string): string;
  remove(): Promise<void>;
}

/** Opens a scratch folder: where the system keeps such things, or in `.data/` when that is only memory. */
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
