import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { CannotStart } from '../config.js';

const ONLY_OWNER = 0o600;

/** Sees that the folder is there and can be written to. @throws CannotStart */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
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

/** Puts a file in its place as a whole, readable by nobody but its owner, whatever stood there before. @throws CannotStart */
export async function writePrivately(path: string, text: string): Promise<void> {
  const draft = await draftOf(path, text);
  try {
    await rename(draft, path);
  } catch (caught) {
    await rm(draft, { force: true });
    throw unusable(path, 'written', caught);
  }
}

/** Does the same where nothing stands yet; what another process has put there stays. @throws CannotStart */
export async function createPrivately(path: string, text: string): Promise<void> {
  const draft = await draftOf(path, text);
  try {
    await link(draft, path);
  } catch (caught) {
    if (codeOf(caught) !== 'EEXIST') throw unusable(path, 'written', caught);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * A file's text, `undefined` when there is none. It is taken from others' eyes, should it have been open to them.
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

/** Makes an empty file that its owner alone can read, for a driver to write to. One that is there stays as it is. */
export async function createPrivateFile(path: string): Promise<void> {
  await (await open(path, 'a', ONLY_OWNER)).close();
}

/** Why the operating system refused: `ENOENT`, `EEXIST`; `undefined` for any other error. */
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
    // Without room, or half written.
    await rm(draft, { force: true });
    throw unusable(path, 'written', caught);
  }
}
