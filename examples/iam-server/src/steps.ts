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

/** How steps are taken. */
export interface StepsOptions {
  /** As a sentence begins: `Starting`. */
  readonly what: string;
  /** How long all of them may take. */
  readonly ms: number;
  readonly log: Pick<Log, 'note'>;
  /** Gives up on all of them when it fires. */
  readonly signal?: AbortSignal;
}

/** Does one step after the other under one deadline for all of them, and says what it waits for. */
export class Steps {
  readonly #options: StepsOptions;
  readonly #endsAt: number;

  constructor(options: StepsOptions) {
    this.#options = options;
    this.#endsAt = performance.now() + options.ms;
  }

  /** How much time is left. */
  get leftMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  /**
   * Does a step, and gives up on it when the time of all is over.
   *
   * @throws TookTooLong
   * @throws the signal's reason, when it fired.
   */
  async take<Result>(waitsFor: string, act: () => Promise<Result>): Promise<Result> {
    const { what, ms, log, signal } = this.#options;
    signal?.throwIfAborted();
    const done = new AbortController();
    const ended = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
    const over = pause(this.leftMs, undefined, { signal: ended })
      .catch(() => undefined)
      .then(() => {
        signal?.throwIfAborted();
        throw new TookTooLong(`${what} took longer than ${ms / 1000} s: it still waits for ${waitsFor}.`);
      });
    const silent = setTimeout(() => log.note('warn', `${what} waits for ${waitsFor}.`), SILENT_MS);
    try {
      return await Promise.race([act(), over]);
    } finally {
      clearTimeout(silent);
      over.catch(() => undefined);
      done.abort();
    }
  }
}
