import type { Fault } from '@login-policy/event-sourcing/values';
import { backOff } from './timeouts.js';
import { failureOf, isFailure } from './faults.js';

/**
 * Waits between retries after temporary errors, for growing times. Fails when no attempt has succeeded for too long.
 */
export class Retries {
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
   * Waits before the next attempt, and returns the fault for the error.
   *
   * @throws that fault, when retrying is useless or too late. An error that is a defect is rethrown.
   */
  async waitAfter(error: unknown): Promise<Fault> {
    if (!isFailure(error)) throw error;
    const { fault, isFinal } = failureOf(error, this.#doing);
    if (this.#attempt === 0) this.#since = performance.now();
    this.#attempt += 1;
    if (isFinal || performance.now() - this.#since > this.#ms) throw fault;
    await backOff(this.#attempt, this.#signal);
    return fault;
  }
}
