import { setTimeout as pause } from 'node:timers/promises';
import type { LoginPolicies } from '@login-policy/domain';

/** Whether the service can answer, and how far its read model lags. */
export interface Readiness {
  readonly isReady: boolean;
  /** Events not yet reduced; `undefined` when that is unknown. */
  readonly eventsBehind: number | undefined;
  readonly secondsBehind: number | undefined;
}

/** How long a result is cached, because anybody may ask. */
const KEPT_MS = 1000;
/** The time-out of a look, shorter than that of most probes. */
const ANSWER_WITHIN_MS = 900;
const UNKNOWN: Readiness = { isReady: false, eventsBehind: undefined, secondsBehind: undefined };

/** Measures readiness at most once a second, for all requests and watches, and only while there are any. */
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

  /** Registers an open port. When the last one leaves, the API is no longer ready: clients should go elsewhere. */
  enter(): () => void {
    this.#ports++;
    this.#isEnding = false;
    return () => {
      if (--this.#ports === 0) this.end();
    };
  }

  /** Reports "not ready" from now on. */
  end(): void {
    this.#isEnding = true;
    this.#kept = undefined;
  }

  /** Answers within a second and never rejects. An unknown state is not ready. */
  look(): Promise<Readiness> {
    const now = performance.now();
    if (this.#kept === undefined || now - this.#kept.at > KEPT_MS) this.#kept = { at: now, readiness: this.#inTime() };
    return this.#kept.readiness;
  }

  /**
   * Reports the current readiness and then each change. The returned function ends that. Results are cached between two
   * looks, so an additional watch costs nothing.
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

  /** Never begins a second look while one is still running. */
  async #inTime(): Promise<Readiness> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = undefined));
    const readiness = await Promise.race([this.#measuring, pause(ANSWER_WITHIN_MS, UNKNOWN, { ref: false })]);
    return this.#isEnding ? { ...readiness, isReady: false } : readiness;
  }

  async #measure(): Promise<Readiness> {
    try {
      const { readModel } = this.#policies;
      const { events, seconds } = await readModel.lag();
      // Not before the rows have been at the head, nor while the store is unavailable or the rows stand still.
      const isReady = readModel.state.is === 'following' && seconds <= this.#maxSecondsBehind;
      return { isReady, eventsBehind: events, secondsBehind: seconds };
    } catch {
      return UNKNOWN;
    }
  }
}
