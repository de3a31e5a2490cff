import { lstatSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@login-policy/event-sourcing';

/** How long a check of the file counts for reads. A check is a large part of the cost of a cached read. */
const CHECK_COUNTS_MS = 50;
/** A folder that changed longer ago has another change time after its next change, also where the clock is coarse. */
const RESTED_MS = 100n;

/**
 * The path of an open file. When the file or its log was removed or replaced, the connection would continue with a file
 * that no other program sees, and that disappears when the connection closes. So reads and writes are then refused.
 *
 * A removal or replacement changes the folder, so a write asks for that first. Asking for the log is expensive: since Linux
 * 6.13 a file whose times were asked for gets a new time with its next write, and each commit then syncs the file
 * system's journal, too. Row `in-turn-sqlite` took 1.17 times as long by the clock, 1.09 by processor.
 */
export class FilePlace {
  readonly #path: string;
  readonly #log: string;
  /** `undefined` for a link, which can be changed without its file's folder. */
  readonly #folder: string | undefined;
  readonly #file: FileId | undefined;
  #openLog: FileId | undefined;
  /** The folder in which both were last found; `undefined` where its change time does not tell of the next change. */
  #knownFolder: FolderState | undefined;
  #checkedAt = 0;

  /** Call it once the file is open. */
  constructor(path: string) {
    this.#path = path;
    // SQLite keeps the log beside the file itself, not beside a link to it.
    this.#log = `${realpathSync(path)}-wal`;
    this.#folder = lstatSync(path).isSymbolicLink() ? undefined : dirname(path);
    this.#file = idOf(path);
  }

  /** Call it when the connection is closed: the next one may open another log. */
  forgetLog(): void {
    this.#openLog = undefined;
    this.#knownFolder = undefined;
  }

  /** Notes the open log. While this connection is open, no other connection deletes the log. */
  noteLog(): void {
    if (this.#openLog !== undefined) return;
    this.#openLog = idOf(this.#log);
    this.#knownFolder = undefined;
  }

  /** @throws StoreUnavailable when the file or its log is no longer the opened one. */
  demand(): void {
    this.#checkedAt = performance.now();
    // Asked before the files, so that a change in between is noticed by the next check.
    const folder = this.#folder === undefined ? undefined : idOf(this.#folder);
    const isUnchanged = folder !== undefined && folder.ctimeNs === this.#knownFolder?.ctimeNs;
    if (isUnchanged && isSame(folder, this.#knownFolder)) return;
    this.#knownFolder = undefined;
    const isMoved = !isSame(idOf(this.#path), this.#file);
    const isInPlace = this.#openLog === undefined || isSame(idOf(this.#log), this.#openLog);
    if (!isMoved && isInPlace) {
      if (folder !== undefined && hasRested(folder)) this.#knownFolder = folder;
      return;
    }
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

/** Changes with each entry that is added, replaced or removed, because nobody can set a change time. */
type FolderState = FileId & Pick<BigIntStats, 'ctimeNs'>;

/** Whether the folder's next change will show: not where the file system counts in whole seconds. */
function hasRested({ ctimeNs }: FolderState): boolean {
  return ctimeNs % 1_000_000_000n !== 0n && BigInt(Date.now()) - ctimeNs / 1_000_000n > RESTED_MS;
}

/** `undefined` when the file does not exist. */
function idOf(path: string): FolderState | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false, bigint: true });
  } catch {
    return undefined; // For example, a link that leads to itself.
  }
}

function isSame(found: FileId | undefined, opened: FileId | undefined): boolean {
  return found?.dev === opened?.dev && found?.ino === opened?.ino;
}
