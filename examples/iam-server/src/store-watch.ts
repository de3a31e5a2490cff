import { setTimeout as pause } from 'node:timers/promises';
import type { EventStore } from '@login-policy/event-sourcing';
import type { Log } from './log.js';

const LOOK_EVERY_MS = 1000;
const TIMEOUT_MS = 1000;

/** Polls the store once a second, and logs once when it becomes unavailable and once when it is back. */
export class StoreWatch {
  readonly #store: Pick<EventStore, 'head'>;
  readonly #log: Log;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  /** A store that does not answer is not asked again before it has. */
  #asked: Promise<string | undefined> | undefined;
  #awaySince: Date | undefined;

  constructor(store: Pick<EventStore, 'head'>, log: Log) {
    this.#store = store;
    this.#log = log;
    this.#running = this.#run();
  }

  /** Whether the store answered the last poll. */
  get isUp(): boolean {
    return this.#awaySince === undefined;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const began = new Date();
      const problem = await this.#problem(signal);
      if (!signal.aborted) this.#note(problem, began);
    }
  }

  async #problem(signal: AbortSignal): Promise<string | undefined> {
    const silence = pause(TIMEOUT_MS, `no answer within ${TIMEOUT_MS / 1000} s`, { signal });
    this.#asked ??= this.#ask();
    return Promise.race([this.#asked, silence.catch(() => undefined)]);
  }

  async #ask(): Promise<string | undefined> {
    try {
      await this.#store.head();
      return undefined;
    } catch (caught) {
      return caught instanceof Error ? caught.message : String(caught);
    } finally {
      this.#asked = undefined;
    }
  }

  #note(problem: string | undefined, began: Date): void {
    if (problem !== undefined && this.#awaySince === undefined) {
      this.#awaySince = began;
      this.#log.note('error', `The store is away since ${began.toISOString()}: ${problem}`);
    }
    if (problem !== undefined || this.#awaySince === undefined) return;
    const seconds = Math.round((Date.now() - this.#awaySince.getTime()) / 1000);
    this.#awaySince = undefined;
    this.#log.note('warn', `The store is back after ${seconds} s.`);
  }
}
