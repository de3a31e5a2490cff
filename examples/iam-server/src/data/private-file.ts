import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CannotStart } from '../config.js';

const ONLY_OWNER = 0o600;

/** Ensures that the folder exists and is writable. @throws CannotStart */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await makeFolders(resolve(folder));
    await access(folder, constants.W_OK);
  } catch (caught) {
    throw new CannotStart(
      `IAM_DATA names ${folder}, which is not a folder that can be written to (${codeOf(caught)}).`,
      {
        cause: caught,
      },
    );
  }
}

/** Not by the option `recursive`, which never ends where no folder can be made, such as in /proc. */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (caught) {
    const code = codeOf(caught);
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const above = dirname(folder);
    if (code !== 'ENOENT' || above === folder || (await stat(above).catch(() => undefined)) !== undefined) throw caught;
    await makeFolders(above);
    await makeFolders(folder);
  }
}

/** Atomically writes or replaces a file that only its owner can read. @throws CannotStart */
export async function writePrivately(path: string, text: string): Promise<void> {
  const draft = await draftOf(path, text);
  try {
    await rename(draft, path);
  } catch (caught) {
    await rm(draft, { force: true });
    throw unusable(path, 'written', caught);
  }
}

/**
 * The text of a file; `undefined` when it does not exist. Removes other users' access to it.
 *
 * @throws CannotStart
 */
export async function readPrivately(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      if (((await file.stat()).mode & 0o777) !== ONLY_OWNER) await file.chmod(ONLY_OWNER);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (caught) {
    if (codeOf(caught) === 'ENOENT') return undefined;
    throw unusable(path, 'read', caught);
  }
}

/** Creates an empty file with private access for a driver to write to. Keeps an existing one. */
export async function createPrivateFile(path: string): Promise<void> {
  await (await open(path, 'a', ONLY_OWNER)).close();
}

/** The code of an operating-system error, such as `ENOENT`; `undefined` for any other error. */
export function codeOf(caught: unknown): string | undefined {
  return caught instanceof Error && 'code' in caught && typeof caught.code === 'string' ? caught.code : undefined;
}

/** Why a file can't be used, as a sentence. */
export function unusable(path: string, verb: 'read' | 'written', cause: unknown): CannotStart {
  return new CannotStart(`${path} (in IAM_DATA) can't be ${verb} (${codeOf(cause)}).`, { cause });
}

async function draftOf(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, 'wx', ONLY_OWNER);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return draft;
  } catch (caught) {
    // No space left, or partly written.
    await rm(draft, { force: true });
    throw unusable(path, 'written', caught);
  }
}
