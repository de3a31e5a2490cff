import { setTimeout as pause } from 'node:timers/promises';
import type { LoginPolicies } from '@login-policy/domain';

/** Whether the service can answer, and how far its read model is behind. */
export interface Readiness {
  readonly isReady: boolean;
  /** Events not yet reduced; `undefined` when that could not be found out. */
  readonly eventsBehind: number | undefined;
  readonly secondsBehind: number | undefined;
}

/** How long a look is good for: anybody may ask. */
const KEPT_MS = 1000;
/** A probe gives up soon, and then learns nothing at all. */
const PATIENCE_MS = 900;
const UNKNOWN: Readiness = { isReady: false, eventsBehind: undefined, secondsBehind: undefined };

/** Knows whether the service is ready. Looks at most once a second, for all who ask and watch, and not while nobody does. */
export class ReadinessProbe {
  readonly #policies: LoginPolicies;
  readonly #maxSecondsBehind: number;
  #ports = 0;
  #isEnding = false;
  #measuring: Promise<Readiness> | undefined;
  #kept: { readonly at: number; readonly readiness: Promise<Readiness> } | undefined;

  constructor(policies: LoginPolicies, maxSecondsBehind: number) {
    this.#policies = policies;
    this.#maxSecondsBehind = maxSecondsBehind;
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

  /**
   * Tells how it is, and from then on each change. Gives back what ends that; after it nothing more is told. What a look finds
   * is kept for as long as two are apart, so a new watch between them costs none.
   */
  watch(tell: (isReady: boolean) => void): () => void {
    let told: boolean | 'nothing' | 'enough' = 'nothing';
    const tellOf = ({ isReady }: Readiness): void => {
      if (told === isReady || told === 'enough') return;
      told = isReady;
      tell(isReady);
    };
    const look = (): void => void this.look().then(tellOf);
    const timer = setInterval(look, KEPT_MS).unref();
    look();
    return () => {
      told = 'enough';
      clearInterval(timer);
    };
  }

  /** A look that does not come to an end is not begun twice. */
  async #inTime(): Promise<Readiness> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = undefined));
    const readiness = await Promise.race([this.#measuring, pause(PATIENCE_MS, UNKNOWN, { ref: false })]);
    return this.#isEnding ? { ...readiness, isReady: false } : readiness;
  }

  async #measure(): Promise<Readiness> {
    try {
      const { readModel } = this.#policies;
      const { events, seconds } = await readModel.lag();
      // Not before the rows have been at the head, nor while the store is away or they stand still.
      const isReady = readModel.state.is === 'following' && seconds <= this.#maxSecondsBehind;
      return { isReady, eventsBehind: events, secondsBehind: seconds };
    } catch {
      return UNKNOWN;
    }
  }
}
