import { once } from 'node:events';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';

/** What reading a file uses of the process. */
export type FileIo = Pick<Io, 'cwd' | 'interrupted'>;

/** Far more than any policy file, and less than the longest text of JavaScript. */
const MOST_BYTES = 256 * 1024 * 1024;
/** As much as a pipe holds. */
const PART_BYTES = 64 * 1024;

/** The files that a process has read, by its `Io`. */
const READ = new WeakMap<Pick<Io, 'cwd'>, Set<string>>();

/** Whether a file was read by this process, under any name. Writing it could destroy the user's own text. */
export function wasRead(file: Stats, io: Pick<Io, 'cwd'>): boolean {
  return READ.get(io)?.has(identityOf(file)) === true;
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** The number of reads under way, also of interrupted ones: nothing can end a read of a pipe. */
let reads = 0;

/** Notes a read that is under way until the returned function is called. */
export function beginReading(): () => void {
  reads += 1;
  return () => {
    reads -= 1;
  };
}

/** Whether a file is being read, so that Node would wait for it before it exits. */
export function isReading(): boolean {
  return reads > 0;
}

/** Strict, because replacing invalid UTF-8 could change an id into another. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The text of a file in UTF-8, without a byte order mark. Ends when it is interrupted, even while it waits for a pipe.
 *
 * @throws Failure when it can't be read, is too large, or has no end, such as /dev/zero.
 */
export async function readTextFile(file: string, io: FileIo): Promise<string> {
  io.interrupted.throwIfAborted();
  const interruption = once(io.interrupted, 'abort').then(() => io.interrupted.throwIfAborted());
  try {
    const bytes = await Promise.race([readNoted(resolve(io.cwd, file), io), interruption]);
    if (bytes === undefined) throw new Failure(EXIT.data, `The file ${file} is larger than 256 MB.`);
    return utf8.decode(bytes);
  } catch (cause) {
    io.interrupted.throwIfAborted();
    if (cause instanceof Failure) throw cause;
    if (cause instanceof TypeError) throw new Failure(EXIT.data, `The file ${file} is not text in UTF-8.`, { cause });
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const problem = why === 'ENOENT' ? 'does not exist' : `can't be read (${why})`;
    throw new Failure(EXIT.noInput, `The file ${file} ${problem}.`, { cause });
  }
}

/** The bytes of a file; `undefined` if it is too large. */
async function readNoted(path: string, io: FileIo): Promise<Buffer | undefined> {
  const end = beginReading();
  try {
    return await bytesOf(path, io);
  } finally {
    end();
  }
}

async function bytesOf(path: string, io: FileIo): Promise<Buffer | undefined> {
  const opened = await open(path, 'r');
  try {
    const file = await opened.stat();
    if (file.isFile()) READ.set(io, (READ.get(io) ?? new Set()).add(identityOf(file)));
    const parts: Buffer[] = [];
    for (let size = 0; size <= MOST_BYTES;) {
      const { buffer, bytesRead } = await opened.read(Buffer.allocUnsafe(PART_BYTES), 0, PART_BYTES, null);
      if (bytesRead === 0) return Buffer.concat(parts);
      parts.push(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
    return undefined;
  } finally {
    await opened.close();
  }
}
