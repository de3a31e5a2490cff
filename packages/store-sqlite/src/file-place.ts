import { realpathSync, statSync, type BigIntStats } from 'node:fs';
import { Fault } from '@login-policy/event-sourcing/store';

/**
 * How long reads may continue after the file was moved away. The check is a large part of the cost of a cached read.
 */
const READS_GO_ON_MS = 50;

/**
 * The place of an open file. When the file or its log was removed, or another was put in its place, the connection goes
 * on with a file that no other program sees and that is gone when it closes. So nothing is then written or read.
 */
export class FilePlace {
  readonly #path: string;
  readonly #log: string;
  readonly #file: FileId | undefined;
  #openLog: FileId | undefined;
  #lookedAt = 0;

  /** Call it once the file is open. */
  constructor(path: string) {
    this.#path = path;
    // SQLite keeps the log beside the file itself, not beside a link to it.
    this.#log = `${realpathSync(path)}-wal`;
    this.#file = idOf(path);
  }

  /** Call it for each new connection: it has a log of its own. */
  forgetLog(): void {
    this.#openLog = undefined;
  }

  /** Notes the log that is open. While this connection is, no other program takes it away. */
  noteLog(): void {
    this.#openLog ??= idOf(this.#log);
  }

  /** @throws StoreUnavailable when the file or its log is no longer the opened one. */
  demand(): void {
    this.#lookedAt = performance.now();
    const isMoved = !isSame(idOf(this.#path), this.#file);
    if (!isMoved && (this.#openLog === undefined || isSame(idOf(this.#log), this.#openLog))) return;
    this.#lookedAt = 0; // The next read looks, too.
    const what = isMoved ? 'the file' : 'its log';
    const problem = `${what} was removed or replaced since it was opened: stop all programs that use it, put the file in place, and start them again`;
    throw new Fault('store-unavailable', { store: this.#path, problem });
  }

  /** {@link demand} for reads, which need not look each time. */
  demandForRead(): void {
    if (performance.now() - this.#lookedAt >= READS_GO_ON_MS) this.demand();
  }
}

/** Identifies a file independently of its name. */
type FileId = Pick<BigIntStats, 'dev' | 'ino'>;

/** `undefined` when the file does not exist. */
function idOf(path: string): FileId | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false, bigint: true });
  } catch {
    return undefined; // It can't be reached, as where a link leads to itself.
  }
}

function isSame(found: FileId | undefined, opened: FileId | undefined): boolean {
  return found?.dev === opened?.dev && found?.ino === opened?.ino;
}
