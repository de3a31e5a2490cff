import { setTimeout as pause } from 'node:timers/promises';
import { CannotStart } from './config.js';
import type { Log } from './log.js';

const SILENT_MS = 3000;

/** Something took longer than it may; the message says what it waits for. */
export class TookTooLong extends CannotStart {
  constructor(sentence: string) {
    super(sentence, { remedy: 'start again' });
  }
}

/** Does one step after the other under one deadline for all of them, and says what it waits for. */
export class Steps {
  readonly #what: string;
  readonly #log: Pick<Log, 'note'>;
  readonly #endsAt: number;
  readonly #ms: number;

  /** `what`: as a sentence begins, `Starting`. */
  constructor(what: string, ms: number, log: Pick<Log, 'note'>) {
    this.#what = what;
    this.#ms = ms;
    this.#log = log;
    this.#endsAt = performance.now() + ms;
  }

  /** How much time is left. */
  get leftMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  /** Does a step, and gives up on it when the time of all is over. @throws TookTooLong */
  async take<Result>(waitsFor: string, act: () => Promise<Result>): Promise<Result> {
    const done = new AbortController();
    const over = pause(this.leftMs, undefined, { signal: done.signal }).then(() => {
      throw new TookTooLong(`${this.#what} took longer than ${this.#ms / 1000} s: it still waits for ${waitsFor}.`);
    });
    const silent = setTimeout(() => this.#log.note('warn', `${this.#what} waits for ${waitsFor}.`), SILENT_MS);
    try {
      return await Promise.race([act(), over]);
    } finally {
      clearTimeout(silent);
      over.catch(() => undefined);
      done.abort();
    }
  }
}
