import { realpathSync, statSync, type BigIntStats } from 'node:fs';
import { Fault } from '@login-policy/event-sourcing';

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
  #openLog: FileId | undefined;
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
    this.#openLog = undefined;
  }

  /** Notes the open log. While this connection is open, no other connection deletes the log. */
  noteLog(): void {
    this.#openLog ??= idOf(this.#log);
  }

  /** @throws StoreUnavailable when the file or its log is no longer the opened one. */
  demand(): void {
    this.#checkedAt = performance.now();
    const isMoved = !isSame(idOf(this.#path), this.#file);
    const isInPlace = this.#openLog === undefined || isSame(idOf(this.#log), this.#openLog);
    if (!isMoved && isInPlace) return;
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
