import { setTimeout as pause } from 'node:timers/promises';
import type { LoginPolicies } from '@login-policy/domain';

/** Whether the service can answer, and how far its read model is behind. */
export interface Readiness {
  readonly isReady: boolean;
  /** Events not yet reduced; `undefined` when that could not be found out. */
  readonly eventsBehind: number | undefined;
  readonly secondsBehind: number | undefined;
}

/** How far the read model may be behind. */
export interface LagLimits {
  readonly maxSecondsBehind: number;
}

const KEPT_MS = 1000;
/** Whoever asks gives up soon, and is then told nothing at all. */
const PATIENCE_MS = 900;
const UNKNOWN: Readiness = { isReady: false, eventsBehind: undefined, secondsBehind: undefined };

/** Knows whether the service is ready. Looks at most once a second, however often it is asked: anybody may ask. */
export class ReadinessProbe {
  readonly #policies: LoginPolicies;
  readonly #limits: LagLimits;
  #ports = 0;
  #isEnding = false;
  #measuring: Promise<Readiness> | undefined;
  #kept: { readonly at: number; readonly readiness: Promise<Readiness> } | undefined;

  constructor(policies: LoginPolicies, limits: LagLimits) {
    this.#policies = policies;
    this.#limits = limits;
  }

  /** A port was opened. When the last one leaves, nobody shall send more to do: others go on, and are ready as long as they do. */
  enter(): () => void {
    this.#ports++;
    this.#isEnding = false;
    return () => {
      if (--this.#ports === 0) this.end();
    };
  }

  /** From now on it is not ready. */
  end(): void {
    this.#isEnding = true;
    this.#kept = undefined;
  }

  /** Answers within a second, and never rejects: what can't be found out is not ready. */
  look(): Promise<Readiness> {
    const now = performance.now();
    if (this.#kept === undefined || now - this.#kept.at > KEPT_MS) this.#kept = { at: now, readiness: this.#inTime() };
    return this.#kept.readiness;
  }

  /** A look that does not come to an end is not begun twice. */
  async #inTime(): Promise<Readiness> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = undefined));
    const late = new AbortController();
    const unknown = pause(PATIENCE_MS, UNKNOWN, { signal: late.signal, ref: false }).catch(() => UNKNOWN);
    const readiness = await Promise.race([this.#measuring, unknown]);
    late.abort();
    return this.#isEnding ? { ...readiness, isReady: false } : readiness;
  }

  async #measure(): Promise<Readiness> {
    try {
      const { readModel } = this.#policies;
      const { events, seconds } = await readModel.lag();
      // Not before the rows have been at the head, nor while the store is away or they stand still.
      const isReady = readModel.state.is === 'following' && seconds <= this.#limits.maxSecondsBehind;
      return { isReady, eventsBehind: events, secondsBehind: seconds };
    } catch {
      return UNKNOWN;
    }
  }
}
