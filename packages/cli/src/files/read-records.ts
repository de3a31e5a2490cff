import { createReadStream, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { RecordSource } from '@login-policy/domain/backtest';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { beginReading, type FileIo } from './read-file.js';

const RECORDS = /\.ndjson(\.gz)?$/;

/**
 * The records in files, in folders (their files `*.ndjson` and `*.ndjson.gz`, by name), and in standard input (`-`). Gzip
 * is recognised by its first bytes. Each is read once, when its turn comes.
 *
 * @throws Failure for one that does not exist.
 */
export async function recordsIn(names: readonly string[], io: FileIo): Promise<readonly RecordSource[]> {
  const sources: RecordSource[] = [];
  for (const name of names) {
    const path = resolve(io.cwd, name);
    const isInput = name === '-';
    const files = !isInput && isFolder(path, name) ? await filesIn(path, name) : [{ name, path, isInput }];
    for (const file of files) sources.push({ name: file.name, text: textOf(file, io) });
  }
  return sources;
}

interface NamedFile {
  readonly name: string;
  readonly path: string;
  readonly isInput?: boolean;
}

function isFolder(path: string, name: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Failure(EXIT.noInput, `The file ${name} does not exist.`);
  return found.isDirectory();
}

async function filesIn(path: string, name: string): Promise<readonly NamedFile[]> {
  const names = (await readdir(path)).filter((one) => RECORDS.test(one)).toSorted();
  if (names.length === 0) throw new Failure(EXIT.noInput, `The folder ${name} has no files *.ndjson or *.ndjson.gz.`);
  return names.map((one) => ({ name: join(name, one), path: join(path, one) }));
}

async function* textOf(
  { isInput = false, name, path }: NamedFile,
  { interrupted }: FileIo,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  const end = beginReading();
  try {
    const file = createReadStream(path, { signal: interrupted, ...(isInput && { fd: 0 }) });
    for await (const bytes of plainBytes(file)) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    interrupted.throwIfAborted();
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Failure(EXIT.noInput, `The file ${name} can't be read (${why}).`, { cause });
  } finally {
    end();
  }
}

/** The bytes of a stream, unpacked if they are packed. */
async function* plainBytes(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const reading = bytes[Symbol.asyncIterator]();
  const first = await reading.next();
  if (first.done === true) return;
  const all = prepended(first.value, reading);
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) yield* all;
  // What goes wrong with either ends the reading of the other.
  else yield* pipeline(Readable.from(all), createGunzip(), () => undefined);
}

async function* prepended(first: Buffer, others: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield first;
  for (let next = await others.next(); next.done !== true; next = await others.next()) yield next.value;
}
