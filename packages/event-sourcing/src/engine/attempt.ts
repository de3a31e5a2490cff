import { onAbort } from '../on-abort.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import type { CheckedAppend, Planned } from './plan.js';
import { planAppends, type Planning, type View } from './plan-appends.js';

/** The outcome of each append of a group. */
export type Outcomes = readonly Outcome[];

/** One attempt to write a group while its callers wait, and the last plan that may have been sent. */
export class Attempt {
  readonly group: readonly Queued[];
  readonly appends: readonly CheckedAppend[];
  /** The view the last plan was based on, if it was looked up. */
  view: View | undefined;
  last: Planned<Outcomes> | undefined;
  #abandoning: AbortController | undefined;
  #takeBacks: readonly (() => void)[] = [];

  constructor(group: readonly Queued[]) {
    this.group = group;
    this.appends = group.map(({ append }) => append);
  }

  /** Aborts when all callers have given up before the write begins; `undefined` when one of them can't give up. */
  get abandoned(): AbortSignal | undefined {
    if (this.#abandoning !== undefined || this.appends.some(({ signal }) => signal === undefined))
      return this.#abandoning?.signal;
    const abandoning = new AbortController();
    this.#abandoning = abandoning;
    // Runs after the queue's own listeners, which record who gave up.
    const look = (): void => {
      if (this.group.every(({ isGivenUp }) => isGivenUp)) abandoning.abort();
    };
    this.#takeBacks = this.appends.map(({ signal }) => onAbort(signal, look));
    return abandoning.signal;
  }

  /** Plans the appends whose callers still wait. */
  planned(view: View, planning: Planning): Planned<Outcomes> {
    const isWanted = this.group.map(({ isGivenUp }) => !isGivenUp);
    if (!isWanted.includes(false)) return planAppends(this.appends, view, planning);
    const wanted = this.appends.filter((_, index) => isWanted[index]);
    const { plan, result } = planAppends(wanted, view, planning);
    return { plan, result: aligned(result, isWanted) };
  }

  /** The write begins with this plan, so callers can no longer give up. */
  begin(planned: Planned<Outcomes>): Planned<Outcomes> {
    this.leave();
    for (const queued of this.group) queued.begin();
    this.last = planned;
    return planned;
  }

  /** Releases the signals once nobody waits. */
  leave(): void {
    for (const takeBack of this.#takeBacks) takeBack();
    this.#takeBacks = [];
  }
}

/** The outcome of an append whose caller has already been told. */
export const GIVEN_UP: Outcome = { refused: undefined };

/** Spreads the outcomes of the wanted appends over all appends. */
function aligned(outcomes: Outcomes, isWanted: readonly boolean[]): Outcomes {
  const next = outcomes.values();
  return isWanted.map((is) => (is ? (next.next().value ?? GIVEN_UP) : GIVEN_UP));
}
