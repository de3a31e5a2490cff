import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder } from './package-folder.js';

const TMPFS = 0x01021994;

/** A folder on a real disk that hands out new names and is taken away with all that is in it. */
export class Scratch {
  readonly folder: string;
  #count = 0;

  /** For {@link openScratch} only. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** A path where nothing stands yet. */
  fresh(name: string): string {
    this.#count += 1;
    return join(this.folder, `${this.#count}-${name}`);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Opens a scratch folder: where the system keeps such things, or in `.data/` when that is only memory. */
export async function openScratch(): Promise<Scratch> {
  const { type } = await statfs(tmpdir());
  const parent = type === TMPFS ? join(packageFolder, '..', '..', '.data') : tmpdir();
  await mkdir(parent, { recursive: true });
  return new Scratch(await mkdtemp(join(parent, 'login-policy-bench-')));
}
