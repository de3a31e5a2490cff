import { Fault, type FaultCode } from '../fault.js';
import { onAbort } from '../on-abort.js';

/** What can be done about rows that are not there at all. */
export interface FirstRowsParts {
  /** Whether they are made of many events. */
  readonly areMany: () => Promise<boolean>;
  readonly rebuild: (signal: AbortSignal | undefined) => Promise<unknown>;
}

/**
 * What a rebuild can't do is left to whoever goes step by step: they get up to the event that can't be read or reduced, and do
 * what somebody else began at the same time, since that one may be gone, or have given up.
 */
const LEFT: ReadonlySet<FaultCode> = new Set([
  'deadline-exceeded',
  'projection-stopped',
  'rebuild-superseded',
  'store-damaged',
  'unreadable-event',
  'written-by-newer-program',
]);

/** Many rows that are not there at all are sooner there by a rebuild, which writes each about once. There is one at a time. */
export class FirstRows {
  readonly #parts: FirstRowsParts;
  #building: Promise<void> | undefined;

  constructor(parts: FirstRowsParts) {
    this.#parts = parts;
  }

  /** Builds them, if they are many. All others are left to the steps. Resolves at once when the signal fires. */
  async build(signal: AbortSignal | undefined): Promise<void> {
    this.#building ??= this.#ifMany(signal).finally(() => (this.#building = undefined));
    let stopHearing: (() => void) | undefined;
    const left = new Promise<void>((resolve) => (stopHearing = onAbort(signal, resolve)));
    try {
      await Promise.race([this.#building, left]);
    } catch (caught) {
      if (!(caught instanceof Fault) || !LEFT.has(caught.code)) throw caught;
    } finally {
      stopHearing?.();
    }
  }

  async #ifMany(signal: AbortSignal | undefined): Promise<void> {
    if (await this.#parts.areMany()) await this.#parts.rebuild(signal);
  }
}
