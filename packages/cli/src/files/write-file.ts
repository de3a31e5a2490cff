import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { wasRead } from './read-file.js';

/**
 * Writes a whole file, or leaves the existing one unchanged, even on a full disk. A link stays a link. Into a device or
 * a pipe, such as /dev/stdout, the text is written directly.
 *
 * @throws Failure when it can't be written, for a SQLite database, which may be the store itself, and for a file that
 * the command has read.
 */
export function writeWholeFile(file: string, text: string, io: Pick<Io, 'cwd'>): void {
  if (file === '-') {
    const advice = 'Leave the option out, or name a file: ./- for one of that name.';
    throw new Failure(EXIT.usage, `- is not standard output here. ${advice}`);
  }
  const path = resolve(io.cwd, file);
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing === undefined) replaceFile(linkedFrom(path), text, NEW_MODE);
    else if (isDatabase(path, existing))
      throw new Failure(EXIT.usage, `${file} is a SQLite database: name another file.`);
    else if (wasRead(existing, io))
      throw new Failure(EXIT.usage, `${file} was read by this command, and would be replaced: name another file.`);
    else if (existing.isFile()) replaceFile(realpathSync(path), text, existing.mode & 0o777);
    else writeInto(openSync(path, 'w'), text);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const problem = why === 'ENOSPC' || why === 'EDQUOT' ? 'the disk is full' : why;
    throw new Failure(EXIT.output, `${file} can't be written: ${problem}. The existing file is unchanged.`, { cause });
  }
}

/** The missing file that a link leads to; any other path as it is. */
function linkedFrom(path: string): string {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? linkedFrom(resolve(realpathSync(dirname(path)), readlinkSync(path))) : path;
}

/** The first bytes of every SQLite file. */
const SQLITE = Buffer.from('SQLite format 3\0');

function isDatabase(path: string, existing: Stats): boolean {
  if (!existing.isFile() || existing.size < SQLITE.length) return false;
  const first = Buffer.alloc(SQLITE.length);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, first);
  } finally {
    closeSync(descriptor);
  }
  return first.equals(SQLITE);
}

/** Readable only by its owner. */
const NEW_MODE = 0o600;

/** Replaces a file in one step, with the permissions it had. */
function replaceFile(path: string, text: string, mode: number): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    const descriptor = openSync(temporary, 'wx', NEW_MODE);
    writeInto(descriptor, text, () => {
      fchmodSync(descriptor, mode);
      fsyncSync(descriptor);
    });
    renameSync(temporary, path);
  } catch (caught) {
    removeTemporary(temporary);
    throw caught;
  }
}

function writeInto(descriptor: number, text: string, finish?: () => void): void {
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    finish?.();
  } finally {
    closeSync(descriptor);
  }
}

function removeTemporary(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // Ignored, because the error of the write says more.
  }
}
