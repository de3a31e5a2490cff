import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, newToken } from '../accounts/machine-tokens.js';
import { codeOf, createPrivately, readPrivately } from '../data/private-file.js';

/** The time a browser has to ask its user. */
export const CHALLENGE_MS = 300_000;

/**
 * The challenges that browsers sign with a passkey. Each is valid once and for five minutes, in every process of the
 * data folder. Challenges are signed and not stored, so that strangers can't fill the disk; only used ones are
 * recorded.
 */
export class PasskeyChallenges {
  readonly #used: string;
  readonly #keyFile: string;
  readonly #now: () => number;

  constructor(dataFolder: string, now: () => number) {
    this.#used = join(dataFolder, 'passkey-challenges');
    this.#keyFile = join(dataFolder, 'passkey-challenges.key');
    this.#now = now;
  }

  /** A new challenge for one purpose. */
  async make(purpose: string): Promise<string> {
    const body = `${this.#now() + CHALLENGE_MS}.${newToken()}`;
    return `${body}.${signature(await this.#key(), purpose, body)}`;
  }

  /** Whether a challenge is one of ours for this purpose, recent, and unused. It counts as used from then on. */
  async use(purpose: string, challenge: string): Promise<boolean> {
    const [until = '', id = '', signed = '', ...rest] = challenge.split('.');
    const right = Buffer.from(signature(await this.#key(), purpose, `${until}.${id}`));
    const given = Buffer.from(signed);
    const isOurs = rest.length === 0 && given.length === right.length && timingSafeEqual(given, right);
    return isOurs && Number(until) > this.#now() && this.#isFirst(id);
  }

  /** Whether no process used it before. */
  async #isFirst(id: string): Promise<boolean> {
    await mkdir(this.#used, { recursive: true, mode: 0o700 });
    await this.#sweep();
    try {
      await (await open(join(this.#used, digestOf(id)), 'wx', 0o600)).close();
      return true;
    } catch (caught) {
      if (codeOf(caught) === 'EEXIST') return false;
      throw caught;
    }
  }

  /**
   * Deletes records of challenges that have expired, a day later, so that a clock that jumps can't make one valid
   * again.
   */
  async #sweep(): Promise<void> {
    const tooOld = Date.now() - CHALLENGE_MS - 86_400_000;
    for (const name of await readdir(this.#used)) {
      const file = join(this.#used, name);
      const found = await stat(file).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < tooOld) await rm(file, { force: true });
    }
  }

  async #key(): Promise<string> {
    const kept = await readPrivately(this.#keyFile);
    if (kept !== undefined) return kept;
    await createPrivately(this.#keyFile, newToken());
    return this.#key();
  }
}

function signature(key: string, purpose: string, body: string): string {
  return createHmac('sha256', key).update(`passkey ${purpose} ${body}`).digest('base64url');
}
