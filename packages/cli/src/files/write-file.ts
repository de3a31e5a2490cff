import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';

/**
 * Writes a whole file, or leaves the existing one unchanged, even on a full disk. @throws Failure when it can't be
 * written.
 */
export function writeWholeFile(file: string, text: string, { cwd }: Pick<Io, 'cwd'>): void {
  const path = resolve(cwd, file);
  const temporary = `${path}.${process.pid}.new`;
  try {
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (cause) {
    removeTemporary(temporary);
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const problem = why === 'ENOSPC' || why === 'EDQUOT' ? 'the disk is full' : why;
    throw new Failure(EXIT.output, `${file} can't be written: ${problem}. The existing file is unchanged.`, { cause });
  }
}

function removeTemporary(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // Ignored, because the error of the write says more.
  }
}
