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

/** Knows whether the service is ready. Looks at most once a second, however often it is asked: anybody may ask. */
export class ReadinessProbe {
  readonly #policies: LoginPolicies;
  readonly #limits: LagLimits;
  #isEnding = false;
  #kept: { readonly at: number; readonly readiness: Promise<Readiness> } | undefined;

  constructor(policies: LoginPolicies, limits: LagLimits) {
    this.#policies = policies;
    this.#limits = limits;
  }

  /** From now on it is not ready, so that nobody sends it more to do. */
  end(): void {
    this.#isEnding = true;
    this.#kept = undefined;
  }

  /** Never rejects: what can't be found out is not ready. */
  look(): Promise<Readiness> {
    const now = performance.now();
    if (this.#kept === undefined || now - this.#kept.at > KEPT_MS) this.#kept = { at: now, readiness: this.#measure() };
    return this.#kept.readiness;
  }

  async #measure(): Promise<Readiness> {
    try {
      const { readModel } = this.#policies;
      const { events, seconds } = await readModel.lag();
      // Not before the rows have been at the head, nor while the store is away or they stand still.
      const isReady = !this.#isEnding && readModel.state.is === 'following' && seconds <= this.#limits.maxSecondsBehind;
      return { isReady, eventsBehind: events, secondsBehind: seconds };
    } catch {
      return { isReady: false, eventsBehind: undefined, secondsBehind: undefined };
    }
  }
}
