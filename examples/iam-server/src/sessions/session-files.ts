import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../data/private-file.js';

const SWEEP_EVERY_MS = 3_600_000;

/** Limits on the number and age of files. */
export interface SessionLimits {
  /** The most sessions of a user; one more ends the oldest. */
  readonly ofOneUser: number;
  /** When a session's file is deleted, whether or not the session was ended. */
  readonly keptMs: number;
}

/**
 * The files of sessions, named by the hash of their tokens, with an index by user, so that a sign-in only reads its own
 * user's. A session is valid while its own file exists; the index alone ends nothing.
 */
export class SessionFiles {
  readonly #folder: string;
  readonly #byUser: string;
  readonly #limits: SessionLimits;
  #sweptAt = -Infinity;

  constructor(dataFolder: string, limits: SessionLimits) {
    this.#folder = join(dataFolder, 'sessions');
    this.#byUser = join(dataFolder, 'sessions-by-user');
    this.#limits = limits;
  }

  /** Stores a session's file, and ends the oldest sessions of a user with too many. */
  async add(name: string, user: string, text: string): Promise<void> {
    const own = join(this.#byUser, user);
    for (const folder of [this.#folder, own]) await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#folder, name), text, { flag: 'wx', mode: 0o600 });
    await writeFile(join(own, name), '', { mode: 0o600 });
    await this.#trim(own, name);
    const now = performance.now();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    // Runs in the background; anything left over is deleted the next time.
    this.#sweep().catch(() => undefined);
  }

  /** `undefined` for an ended session. */
  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, name), 'utf8');
    } catch (caught) {
      if (codeOf(caught) === 'ENOENT') return undefined;
      throw caught;
    }
  }

  /** The names of all files. */
  async names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder);
    } catch (caught) {
      if (codeOf(caught) === 'ENOENT') return [];
      throw caught;
    }
  }

  /** Replaces the content of a session's file, unless the session was ended. */
  async replace(name: string, text: string): Promise<void> {
    const file = await open(join(this.#folder, name), 'r+').catch(() => undefined);
    if (file === undefined) return;
    try {
      // In one write: a request that met an empty file would find no session. JSON may end with spaces.
      const { size } = await file.stat();
      await file.write(text + ' '.repeat(Math.max(0, size - Buffer.byteLength(text))), 0);
    } finally {
      await file.close();
    }
  }

  /** Ends a session for good. Idempotent. */
  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  /**
   * Enforces the limit of a user's sessions: keeps the newest ones, and always the one just begun, whatever the clock
   * says.
   */
  async #trim(own: string, newest?: string): Promise<void> {
    const found = await Promise.all(
      (await readdir(own)).map(async (name) => ({ name, at: await this.#writtenAt(name) })),
    );
    const ended = found.filter(({ at }) => at === undefined);
    const byAge = found
      .filter(({ at }) => at !== undefined)
      .toSorted(
        (one, other) => Number(other.name === newest) - Number(one.name === newest) || (other.at ?? 0) - (one.at ?? 0),
      );
    for (const { name } of [...ended, ...byAge.slice(this.#limits.ofOneUser)]) {
      await this.remove(name);
      await rm(join(own, name), { force: true });
    }
  }

  /** Deletes the files of expired sessions, including those missing from the index. */
  async #sweep(): Promise<void> {
    const tooOld = Date.now() - this.#limits.keptMs;
    for (const name of await readdir(this.#folder)) {
      const at = await this.#writtenAt(name);
      if (at !== undefined && at < tooOld) await this.remove(name);
    }
    for (const user of await readdir(this.#byUser)) await this.#trim(join(this.#byUser, user));
  }

  async #writtenAt(name: string): Promise<number | undefined> {
    return (await stat(join(this.#folder, name)).catch(() => undefined))?.mtimeMs;
  }
}
