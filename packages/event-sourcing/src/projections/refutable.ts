import type { Fault } from '../fault.js';
import { onAbort } from '../on-abort.js';

/** Work that runs until it is ended, or until a proof shows that its rows belong to a lost history. */
export class Refutable {
  #control: AbortController | undefined;
  #lost: Fault<'position-unknown'> | undefined;

  /** Runs `goOn` until `ending` fires. @throws PositionUnknown when the rows were refuted meanwhile. */
  async until(ending: AbortSignal, goOn: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const control = new AbortController();
    this.#control = control;
    const stopListening = onAbort(ending, () => control.abort());
    try {
      await goOn(control.signal);
    } catch (caught) {
      if (!control.signal.aborted) throw caught;
    } finally {
      stopListening();
    }
    const lost = this.#lost;
    this.#lost = undefined;
    if (lost !== undefined) throw lost;
  }

  /** Ends the work: nothing more may be reduced into those rows. */
  refute(lost: Fault<'position-unknown'>): void {
    this.#lost = lost;
    this.#control?.abort();
  }
}
