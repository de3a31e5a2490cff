import { onAbort } from '../on-abort.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import type { CheckedAppend, Planned } from './plan.js';
import { planAppends, type Planning, type View } from './plan-appends.js';

/** How each append of a group ended. */
export type Outcomes = readonly Outcome[];

/** One attempt to write a group, for as long as its callers want it; and the last plan that may have been sent. */
export class Attempt {
  readonly group: readonly Queued[];
  readonly appends: readonly CheckedAppend[];
  /** What the last plan was made on, if that was looked up. */
  view: View | undefined;
  last: Planned<Outcomes> | undefined;
  #abandoning: AbortController | undefined;
  #takeBacks: readonly (() => void)[] = [];

  constructor(group: readonly Queued[]) {
    this.group = group;
    this.appends = group.map(({ append }) => append);
  }

  /** Fires when all callers have given up, unless it was begun before; `undefined` where one of them can't. */
  get abandoned(): AbortSignal | undefined {
    if (this.#abandoning !== undefined || this.appends.some(({ signal }) => signal === undefined))
      return this.#abandoning?.signal;
    const abandoning = new AbortController();
    this.#abandoning = abandoning;
    // Heard behind the queue, which marks who gave up.
    const look = (): void => {
      if (this.group.every(({ isGivenUp }) => isGivenUp)) abandoning.abort();
    };
    this.#takeBacks = this.appends.map(({ signal }) => onAbort(signal, look));
    return abandoning.signal;
  }

  /** Plans the appends whose callers have not given up. */
  planned(view: View, planning: Planning): Planned<Outcomes> {
    const isWanted = this.group.map(({ isGivenUp }) => !isGivenUp);
    if (!isWanted.includes(false)) return planAppends(this.appends, view, planning);
    const wanted = this.appends.filter((_, index) => isWanted[index]);
    const { plan, result } = planAppends(wanted, view, planning);
    return { plan, result: aligned(result, isWanted) };
  }

  /** It is written from now on, by this plan: nobody can give up any more. */
  begin(planned: Planned<Outcomes>): Planned<Outcomes> {
    this.leave();
    for (const queued of this.group) queued.begin();
    this.last = planned;
    return planned;
  }

  /** Once nobody waits for it any more. */
  leave(): void {
    for (const takeBack of this.#takeBacks) takeBack();
    this.#takeBacks = [];
  }
}

/** How an append ended whose caller has been told already. */
export const GIVEN_UP: Outcome = { refused: undefined };

/** Outcomes of all, of those of the ones that were wanted. */
function aligned(outcomes: Outcomes, isWanted: readonly boolean[]): Outcomes {
  const next = outcomes.values();
  return isWanted.map((is) => (is ? (next.next().value ?? GIVEN_UP) : GIVEN_UP));
}
