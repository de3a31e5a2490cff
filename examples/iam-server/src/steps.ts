import { setTimeout as pause } from 'node:timers/promises';
import { CannotStart } from './config.js';
import type { Log } from './log.js';

const SILENT_MS = 3000;

/** A step exceeded the deadline; the message says what it waited for. */
export class TookTooLong extends CannotStart {
  constructor(sentence: string) {
    super(sentence, { remedy: 'start again' });
  }
}

/** How steps are run. */
export interface StepsOptions {
  /** The beginning of messages: `Starting`. */
  readonly what: string;
  /** The time for all steps. */
  readonly ms: number;
  readonly log: Pick<Log, 'note'>;
  /** Aborts all steps. */
  readonly signal?: AbortSignal;
}

/** Runs steps one after another under a common deadline, and names the step that exceeds it. */
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
   * Runs a step within the remaining time.
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
