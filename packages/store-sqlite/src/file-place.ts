import { closeSync, fstatSync, openSync, readlinkSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { Fault } from '@login-policy/event-sourcing/values';

/** How long a check of the file counts for reads. A check is a large part of the cost of a cached read. */
const CHECK_COUNTS_MS = 50;

/**
 * The path of an open file. When the file or its log was removed or replaced, the connection would continue with a file
 * that no other program sees, and that disappears when the connection closes. So reads and writes are then refused.
 */
export class FilePlace {
  readonly #path: string;
  readonly #log: string;
  readonly #file: FileId | undefined;
  #openLog: OpenLog | undefined;
  #checkedAt = 0;

  /** Call it once the file is open. */
  constructor(path: string) {
    this.#path = path;
    // SQLite keeps the log beside the file itself, not beside a link to it.
    this.#log = `${realpathSync(path)}-wal`;
    this.#file = idOf(path);
  }

  /** Call it when the connection is closed: the next one may open another log. */
  forgetLog(): void {
    this.#openLog?.forget();
    this.#openLog = undefined;
  }

  /** Notes the open log. While this connection is open, no other connection deletes the log. */
  noteLog(): void {
    this.#openLog ??= openLogAt(this.#log);
  }

  /** @throws StoreUnavailable when the file or its log is no longer the opened one. */
  demand(): void {
    this.#checkedAt = performance.now();
    const isMoved = !isSame(idOf(this.#path), this.#file);
    if (!isMoved && this.#openLog?.isInPlace() !== false) return;
    this.#checkedAt = 0; // The next read checks again.
    const subject = isMoved ? 'the file' : 'its log';
    const problem = `${subject} was removed or replaced since it was opened: stop all programs that use it, put the file in place, and start them again`;
    throw new Fault('store-unavailable', { store: this.#path, problem });
  }

  /** {@link demand} for reads, unless the last check still counts. */
  demandForRead(): void {
    if (performance.now() - this.#checkedAt >= CHECK_COUNTS_MS) this.demand();
  }
}

/**
 * The open log. Linux tells by the link of a descriptor whether the log is still in its place. Asking for its id on each
 * write would ask for its times, too, and since Linux 6.13 the next sync then also writes the journal of the file
 * system. SQLite has no lock on its log, so closing the descriptor releases none.
 */
class OpenLog {
  readonly #path: string;
  readonly #id: FileId;
  readonly #descriptor: number | undefined;

  constructor(path: string, id: FileId) {
    this.#path = path;
    this.#id = id;
    this.#descriptor = descriptorOf(path, id);
  }

  isInPlace(): boolean {
    return this.#path === this.#linked() || isSame(idOf(this.#path), this.#id);
  }

  forget(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  #linked(): string | undefined {
    return this.#descriptor === undefined ? undefined : linkOf(this.#descriptor);
  }
}

function openLogAt(path: string): OpenLog | undefined {
  const id = idOf(path);
  return id && new OpenLog(path, id);
}

/** A descriptor of the file with this id, where a descriptor has a link to its path. */
function descriptorOf(path: string, id: FileId): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const descriptor = openSync(path, 'r');
    if (isSame(fstatSync(descriptor, { bigint: true }), id)) return descriptor;
    closeSync(descriptor);
  } catch {
    // Without a descriptor, the id is asked for.
  }
  return undefined;
}

/** `undefined` where `/proc` is not mounted. */
function linkOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

/** Identifies a file independently of its name. */
type FileId = Pick<BigIntStats, 'dev' | 'ino'>;

/** `undefined` when the file does not exist. */
function idOf(path: string): FileId | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false, bigint: true });
  } catch {
    return undefined; // For example, a link that leads to itself.
  }
}

function isSame(found: FileId | undefined, opened: FileId | undefined): boolean {
  return found?.dev === opened?.dev && found?.ino === opened?.ino;
}
