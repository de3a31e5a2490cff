import { backOff } from './timeouts.js';
import { failureOf, isFailure } from './faults.js';

/**
 * Waits between retries after temporary errors, for growing times. Fails when no attempt has succeeded for too long.
 */
export class Retries {
  /** For following the log: no time limit. */
  static unlimited(signal: AbortSignal): Retries {
    return new Retries('following the log', Infinity, signal);
  }

  readonly #doing: string;
  readonly #ms: number;
  readonly #signal: AbortSignal;
  #attempt = 0;
  #since: number = performance.now();

  constructor(doing: string, ms: number, signal: AbortSignal) {
    this.#doing = doing;
    this.#ms = ms;
    this.#signal = signal;
  }

  /** Call it after a success. */
  reset(): void {
    if (this.#attempt === 0) return;
    this.#attempt = 0;
    this.#since = performance.now();
  }

  /**
   * Waits before the next attempt.
   *
   * @throws Fault for the error, when retrying is useless or too late. An error that is a defect is rethrown.
   */
  async waitAfter(error: unknown): Promise<void> {
    if (!isFailure(error)) throw error;
    const { fault, isFinal } = failureOf(error, this.#doing);
    if (this.#attempt === 0) this.#since = performance.now();
    this.#attempt += 1;
    if (isFinal || performance.now() - this.#since > this.#ms) throw fault;
    await backOff(this.#attempt, this.#signal);
  }
}
