import { backOff } from './deadline.js';
import { failureOf, isFailure } from './faults.js';

/** Tries again what may work later, with growing pauses, until nothing has come of it for too long. */
export class Patience {
  /** Of who follows: it ends only where trying again is of no use. */
  static endless(signal: AbortSignal): Patience {
    return new Patience('following everything', Infinity, signal);
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

  /** Something came of it. */
  renew(): void {
    if (this.#attempt === 0) return;
    this.#attempt = 0;
    this.#since = performance.now();
  }

  /**
   * Waits before the next attempt. @throws Fault what the error means, when trying again is of no use or too late; what is
   * no failure of the store but a defect is thrown as it is.
   */
  async after(error: unknown): Promise<void> {
    if (!isFailure(error)) throw error;
    const { fault, isFinal } = failureOf(error, this.#doing);
    if (this.#attempt === 0) this.#since = performance.now();
    this.#attempt += 1;
    if (isFinal || performance.now() - this.#since > this.#ms) throw fault;
    await backOff(this.#attempt, this.#signal);
  }
}
