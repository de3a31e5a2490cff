/** Records of sign-ins in files: a sink for `signInRecorder`, and what `createApi` reads (docs/how-to/backtest.md). */
import { randomUUID } from 'node:crypto';
import { closeSync, createReadStream, existsSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordSource, SignInSink } from '@login-policy/domain/backtest';
import { parseOptions, rule } from '@login-policy/event-sourcing';

/** Where sign-ins are recorded, and for how long. */
export interface SignInFilesOptions {
  /** The folder, which the first record creates. Several processes may share it: each writes files of its own. */
  readonly folder: string;
  /** A file ends when it would get larger, and with each day in UTC. Default 67,108,864. */
  readonly maxBytes?: number;
  /** Files of earlier days are deleted when a new one begins. Default 30. */
  readonly keepDays?: number;
  /** In milliseconds since 1970. Default: the machine's. */
  readonly clock?: () => number;
}

/** Files of records, for writing and for reading. */
export interface SignInFiles extends SignInSink {
  /** Appends whole lines at once. @throws Error when that fails, and for a moment after it failed or was slow. */
  write(lines: string): void;
  /** Ends the file; a later record begins another one. */
  close(): void;
  /** The files, oldest first; with `since`, only those that may have sign-ins from that instant on. */
  sources(span?: { readonly since?: Date | undefined }): readonly RecordSource[];
}

const FILE = /^sign-ins-(\d{4}-\d\d-\d\d)T.*\.ndjson$/;
const DAY_MS = 86_400_000;
/** A disk that takes longer must not delay the next sign-ins too. */
const SLOW_MS = 100;
const PAUSE_MS = 5000;

/**
 * Opens a folder of records. Each line is handed to the operating system before the sign-in is answered, in some
 * microseconds: a process that is killed loses at most the line that it was writing.
 *
 * @throws RangeError that names an unknown or malformed option.
 */
export function openSignInFiles(given: SignInFilesOptions): SignInFiles {
  const {
    clock = Date.now,
    folder,
    keepDays = 30,
    maxBytes = 2 ** 26,
  } = parseOptions(given, 'openSignInFiles', {
    folder: rule.mustBe('the path of a folder', (value) => typeof value === 'string' && value !== ''),
    maxBytes: rule.optional(rule.wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    keepDays: rule.optional(rule.numberBetween(1, 36_500)),
    clock: rule.optional(rule.aFunction),
  });
  return new Files({ clock, folder, keepDays, maxBytes });
}

interface OpenFile {
  readonly descriptor: number;
  readonly day: number;
  size: number;
}

class Files implements SignInFiles {
  readonly #options: Required<SignInFilesOptions>;
  #file: OpenFile | undefined;
  /** Orders files that begin in the same millisecond. */
  readonly #id = randomUUID().slice(0, 8);
  #begun = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: Required<SignInFilesOptions>) {
    this.#options = options;
  }

  write(lines: string): void {
    const beganAt = performance.now();
    if (beganAt < this.#pausedUntil) throw new Error('writing failed or was slow a moment ago');
    try {
      this.#append(Buffer.from(lines));
    } catch (caught) {
      // A torn line stays the last of its file.
      this.close();
      this.#pausedUntil = beganAt + PAUSE_MS;
      throw caught;
    }
    const endedAt = performance.now();
    if (endedAt - beganAt > SLOW_MS) this.#pausedUntil = endedAt + PAUSE_MS;
  }

  close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file.descriptor);
  }

  sources({ since }: { readonly since?: Date | undefined } = {}): readonly RecordSource[] {
    // A sign-in may have been judged by a clock that is ahead of this one.
    const first = dayOf(Math.max(0, (since?.getTime() ?? 0) - DAY_MS));
    const names = this.#names().filter((name) => dayIn(name) >= first);
    return names.map((name) => ({ name, text: textOf(join(this.#options.folder, name)) }));
  }

  #append(bytes: Buffer): void {
    const file = this.#fileFor(bytes.length);
    for (let written = 0; written < bytes.length;) written += writeSync(file.descriptor, bytes, written);
    file.size += bytes.length;
  }

  #fileFor(bytes: number): OpenFile {
    const now = this.#options.clock();
    const day = Math.floor(now / DAY_MS);
    const open = this.#file;
    if (open?.day === day && (open.size === 0 || open.size + bytes <= this.#options.maxBytes)) return open;
    this.close();
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    this.#deleteBefore(now - this.#options.keepDays * DAY_MS);
    const began = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
    const name = `sign-ins-${began}-${this.#id}-${String(++this.#begun).padStart(6, '0')}.ndjson`;
    return (this.#file = { descriptor: openSync(join(this.#options.folder, name), 'ax', 0o600), day, size: 0 });
  }

  #deleteBefore(instant: number): void {
    const first = dayOf(instant);
    for (const name of this.#names())
      if (dayIn(name) < first) rmSync(join(this.#options.folder, name), { force: true });
  }

  #names(): readonly string[] {
    const { folder } = this.#options;
    return (existsSync(folder) ? readdirSync(folder) : []).filter((name) => FILE.test(name)).toSorted();
  }
}

function dayOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

function dayIn(name: string): string {
  return FILE.exec(name)?.[1] ?? '';
}

/** Nothing of a file that was deleted since it was listed, as the oldest is with each day. */
async function* textOf(path: string): AsyncGenerator<string, void, undefined> {
  try {
    for await (const piece of createReadStream(path, 'utf8')) yield String(piece);
  } catch (caught) {
    if (!(caught instanceof Error && 'code' in caught && caught.code === 'ENOENT')) throw caught;
  }
}
