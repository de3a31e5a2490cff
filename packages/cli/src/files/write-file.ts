import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';

/** Writes a whole file, or leaves what was there: a full disk leaves no half of one. @throws Failure when it can't be written. */
export function writeWholeFile(file: string, text: string, { cwd }: Pick<Io, 'cwd'>): void {
  const path = resolve(cwd, file);
  const half = `${path}.${process.pid}.new`;
  try {
    const descriptor = openSync(half, 'wx', 0o600);
    try {
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(half, path);
  } catch (cause) {
    removeHalf(half);
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const is = why === 'ENOSPC' || why === 'EDQUOT' ? 'there is no room on its disk' : why;
    throw new Failure(EXIT.output, `${file} can't be written: ${is}. What was there is as it was.`, { cause });
  }
}

function removeHalf(half: string): void {
  try {
    rmSync(half, { force: true });
  } catch {
    // Why it could not be written is told, and says more.
  }
}
