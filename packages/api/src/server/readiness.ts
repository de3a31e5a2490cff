import { setTimeout as pause } from 'node:timers/promises';
import type { LoginPolicies } from '@login-policy/domain';

/** Whether the service can answer, and how far its read model lags. */
export interface Readiness {
  readonly isReady: boolean;
  /** Events not yet reduced; `undefined` when that is unknown. */
  readonly eventsBehind: number | undefined;
  readonly secondsBehind: number | undefined;
}

/** How long a result is cached, because every client may ask for it. */
const CACHED_MS = 1000;
/** The time-out of a measurement, shorter than that of most health probes. */
const ANSWER_WITHIN_MS = 900;
const UNKNOWN: Readiness = { isReady: false, eventsBehind: undefined, secondsBehind: undefined };

/** Measures readiness at most once a second, for all requests and watches, and only while there are any. */
export class ReadinessProbe {
  readonly #policies: LoginPolicies;
  readonly #maxSecondsBehind: number;
  #ports = 0;
  #isEnding = false;
  #measuring: Promise<Readiness> | undefined;
  #cached: { readonly at: number; readonly readiness: Promise<Readiness> } | undefined;

  constructor(policies: LoginPolicies, maxSecondsBehind: number) {
    this.#policies = policies;
    this.#maxSecondsBehind = maxSecondsBehind;
  }

  /**
   * Registers an open port. The returned function unregisters it. After the last port, the API is no longer ready, so
   * that clients go elsewhere.
   */
  registerPort(): () => void {
    this.#ports++;
    this.#isEnding = false;
    return () => {
      if (--this.#ports === 0) this.end();
    };
  }

  /** Reports "not ready" from now on, until a port is registered. */
  end(): void {
    this.#isEnding = true;
    this.#cached = undefined;
  }

  /** The readiness, at most a second old. Never rejects: an unknown state is not ready. */
  readiness(): Promise<Readiness> {
    const now = performance.now();
    if (this.#cached === undefined || now - this.#cached.at > CACHED_MS)
      this.#cached = { at: now, readiness: this.#measureInTime() };
    return this.#cached.readiness;
  }

  /**
   * Reports the current readiness and then each change. The returned function ends that. An additional watch costs
   * nothing, because results are cached between two reports.
   */
  watch(report: (isReady: boolean) => void): () => void {
    let last: boolean | undefined;
    let hasEnded = false;
    const reportChange = ({ isReady }: Readiness): void => {
      if (isReady === last || hasEnded) return;
      last = isReady;
      report(isReady);
    };
    const check = (): void => void this.readiness().then(reportChange);
    const timer = setInterval(check, CACHED_MS).unref();
    check();
    return () => {
      hasEnded = true;
      clearInterval(timer);
    };
  }

  /** Begins no second measurement while one is running. */
  async #measureInTime(): Promise<Readiness> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = undefined));
    const readiness = await Promise.race([this.#measuring, pause(ANSWER_WITHIN_MS, UNKNOWN, { ref: false })]);
    return this.#isEnding ? { ...readiness, isReady: false } : readiness;
  }

  async #measure(): Promise<Readiness> {
    try {
      const { readModel } = this.#policies;
      const { events, seconds } = await readModel.lag();
      // The rows are `following` once they have been at the head, unless the store is unavailable or an event stopped
      // them.
      const isReady = readModel.state.is === 'following' && seconds <= this.#maxSecondsBehind;
      return { isReady, eventsBehind: events, secondsBehind: seconds };
    } catch {
      return UNKNOWN;
    }
  }
}
