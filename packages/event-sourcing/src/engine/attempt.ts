import { onAbort } from '../on-abort.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import type { CachedPlan, Transaction } from './log-backend.js';
import type { CheckedAppend, MoreToLookUp, Planned } from './plan.js';
import { planAppends, type Planning, type View } from './plan-appends.js';
import type { Found, Question } from './view.js';

/** The outcome of each append of a group. */
export type Outcomes = readonly Outcome[];

/** What plans an attempt. */
export interface Planner {
  question(appends: readonly CheckedAppend[]): Question;
  fromCache(attempt: Attempt): CachedPlan<Outcomes> | undefined;
  plan(attempt: Attempt, found: Found): Planned<Outcomes> | MoreToLookUp;
}

/** One attempt to write a group while its callers wait. */
export class Attempt implements Transaction<Outcomes> {
  readonly writes = 'events';
  readonly isLoose: boolean;
  readonly group: readonly Queued[];
  readonly appends: readonly CheckedAppend[];
  readonly fromCache: CachedPlan<Outcomes> | undefined;
  /** The view the last plan was based on, if it was looked up. */
  view: View | undefined;
  /** The last plan that may have been sent. */
  lastPlanned: Planned<Outcomes> | undefined;
  readonly #planner: Planner;
  #abandoning: AbortController | undefined;
  #stopListening: readonly (() => void)[] = NONE;

  constructor(group: readonly Queued[], planner: Planner) {
    this.group = group;
    this.#planner = planner;
    this.appends = group.map(({ append }) => append);
    this.isLoose = this.appends.every(({ expected }) => expected === 'any' || expected === 'stream-exists');
    this.fromCache = planner.fromCache(this);
  }

  /** Created only for a backend that looks up. */
  get question(): Question {
    return this.#planner.question(this.appends);
  }

  plan(found: Found): Planned<Outcomes> | MoreToLookUp {
    return this.#planner.plan(this, found);
  }

  /**
   * Aborts when all callers have given up before the write begins; `undefined` when one of them can't. Created only for
   * a backend that waits.
   */
  get signal(): AbortSignal | undefined {
    if (this.#abandoning !== undefined || this.appends.some(({ signal }) => signal === undefined))
      return this.#abandoning?.signal;
    const abandoning = new AbortController();
    this.#abandoning = abandoning;
    // Runs after the queue's own listeners, which record who gave up.
    const look = (): void => {
      if (this.group.every(({ isGivenUp }) => isGivenUp)) abandoning.abort();
    };
    this.#stopListening = this.appends.map(({ signal }) => onAbort(signal, look));
    return abandoning.signal;
  }

  /** Plans the appends whose callers still wait. */
  planFor(view: View, planning: Planning): Planned<Outcomes> {
    const isWanted = this.group.map(({ isGivenUp }) => !isGivenUp);
    if (!isWanted.includes(false)) return planAppends(this.appends, view, planning);
    const wanted = this.appends.filter((_, index) => isWanted[index]);
    const { plan, result } = planAppends(wanted, view, planning);
    return { plan, result: aligned(result, isWanted) };
  }

  /** Remembers a plan that is about to be sent. From then on, callers can no longer give up. */
  rememberSent(planned: Planned<Outcomes>): Planned<Outcomes> {
    this.unsubscribe();
    for (const queued of this.group) queued.begin();
    this.lastPlanned = planned;
    return planned;
  }

  /** Stops listening to the callers' signals. */
  unsubscribe(): void {
    for (const stop of this.#stopListening) stop();
    this.#stopListening = NONE;
  }
}

const NONE: readonly (() => void)[] = [];

/**
 * The outcome of an append that was not planned, because its caller gave up before the write began. `AppendQueue` has
 * already rejected such a call; `LoneAppends` rejects it when it gets this outcome.
 */
export const CALLER_LEFT: Outcome = { refused: undefined };

/** Spreads the outcomes of the wanted appends over all appends. */
function aligned(outcomes: Outcomes, isWanted: readonly boolean[]): Outcomes {
  const next = outcomes.values();
  return isWanted.map((is) => (is ? (next.next().value ?? CALLER_LEFT) : CALLER_LEFT));
}
