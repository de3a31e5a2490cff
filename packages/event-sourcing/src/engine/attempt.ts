import { onAbort } from '../on-abort.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import type { PlanningFromCache, Transaction } from './log-backend.js';
import { planFrom, type PlannedOrNot } from './lookup.js';
import type { CheckedAppend, MoreToLookUp, Planned } from './plan.js';
import { planAppends, type PlanOptions, type View } from './plan-appends.js';
import type { Found, Question } from './view.js';

/** The outcome of each append of a group. */
export type Outcomes = readonly Outcome[];

/** Plans attempts. */
export interface Planner {
  /** What to look up for these appends. */
  questionFor(appends: readonly CheckedAppend[]): Question;
  /** How to plan from the cache; `undefined` when the cache does not suffice. */
  planFromCache(attempt: Attempt): PlanningFromCache<Outcomes> | undefined;
  /** The plan after all look-ups, or what else to look up. */
  plan(attempt: Attempt, found: Found): PlannedOrNot<Outcomes>;
}

/** One attempt to write a group while its callers wait. */
export class Attempt implements Transaction<Outcomes> {
  readonly writes = 'events';
  readonly isLoose: boolean;
  readonly group: readonly Queued[];
  readonly appends: readonly CheckedAppend[];
  readonly fromCache: PlanningFromCache<Outcomes> | undefined;
  /** The view that the last plan was based on; `undefined` for a plan from the cache. */
  view: View | undefined;
  /** The last plan that the backend may have written. */
  sentPlan: Planned<Outcomes> | undefined;
  readonly #planner: Planner;
  #abandoning: AbortController | undefined;
  #listenerRemovers: readonly (() => void)[] = NONE;

  constructor(group: readonly Queued[], planner: Planner) {
    this.group = group;
    this.#planner = planner;
    this.appends = group.map(({ append }) => append);
    this.isLoose = this.appends.every(({ expected }) => expected === 'any' || expected === 'stream-exists');
    this.fromCache = planner.planFromCache(this);
  }

  /** Created only for a backend that looks up. */
  get question(): Question {
    return this.#planner.questionFor(this.appends);
  }

  plan(found: Found): Planned<Outcomes> | MoreToLookUp<Outcomes> {
    return planFrom(found, (all) => this.#planner.plan(this, all));
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
    // Runs after the queue's own listeners, which set `isGivenUp`.
    const abortIfAllGaveUp = (): void => {
      if (this.group.every(({ isGivenUp }) => isGivenUp)) abandoning.abort();
    };
    this.#listenerRemovers = this.appends.map(({ signal }) => onAbort(signal, abortIfAllGaveUp));
    return abandoning.signal;
  }

  /** Plans the appends whose callers still wait. */
  planFor(view: View, options: PlanOptions): Planned<Outcomes> {
    const isWanted = this.group.map(({ isGivenUp }) => !isGivenUp);
    if (!isWanted.includes(false)) return planAppends(this.appends, view, options);
    const wanted = this.appends.filter((_, index) => isWanted[index]);
    const { plan, result } = planAppends(wanted, view, options);
    return { plan, result: aligned(result, isWanted) };
  }

  /** Marks a plan as sent, and returns it. From then on, callers can no longer give up. */
  markSent(planned: Planned<Outcomes>): Planned<Outcomes> {
    this.ignoreSignals();
    for (const queued of this.group) queued.begin();
    this.sentPlan = planned;
    return planned;
  }

  /** Stops listening to the callers' signals. */
  ignoreSignals(): void {
    for (const removeListener of this.#listenerRemovers) removeListener();
    this.#listenerRemovers = NONE;
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
