import type { Clock } from '../clock.js';
import { Fault } from '../fault.js';
import { isFault } from '../is-fault.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import { Attempt, type Outcomes, type Planning } from './attempt.js';
import type { GuardedBackend } from './guarded-backend.js';
import type { InlineModels } from './inline-models.js';
import { AnswerLost, type Placed, type Transacted } from './log-backend.js';
import { LogCache } from './log-cache.js';

/**
 * Writes each group of appends in one transaction, with the changed rows of the inline read models.
 *
 * A write begins with a plan: the events with their positions, the rows and the receipts. The plan is based on a view
 * of the log, from the cache or looked up in the transaction.
 */
export class GroupWriter {
  /** The inline read models, to which each opened read model is added. */
  readonly models: InlineModels;
  readonly #guarded: GuardedBackend;
  readonly #planning: Planning;
  /** The one cache of the store, which its read models share. */
  readonly cache: LogCache = new LogCache();

  constructor(guarded: GuardedBackend, clock: Clock, models: InlineModels) {
    this.#guarded = guarded;
    this.#planning = { clock, form: guarded.backend.form, models, cache: this.cache };
    this.models = models;
  }

  /**
   * Writes a group in one transaction. If the answer to the commit is lost, checks whether the group was written, and
   * otherwise tries once more.
   */
  async write(group: readonly Queued[]): Promise<Outcomes> {
    for (let tries = 1; ; tries++) {
      const attempt = new Attempt(group, this.#planning);
      try {
        const transacted = await this.#guarded.call(undefined, (backend) => backend.transact(attempt));
        this.#updateCache(attempt, transacted);
        return withStoredEvents(transacted.result, transacted.placed);
      } catch (caught) {
        this.cache.clear();
        if (!(caught instanceof AnswerLost)) throw caught;
        const outcomes = await this.#outcomesAfterLostAnswer(attempt);
        if (outcomes !== undefined) return outcomes;
        if (tries > 1 || caught.next === 'give-up') throw caught.fault;
      } finally {
        attempt.ignoreSignals();
      }
    }
  }

  /**
   * Updates the cache, which has to cover all read models, each at the head; otherwise clears it. An error must not
   * fail the group, which is already written.
   */
  #updateCache({ view, appends }: Attempt, { plan, token, plannedFromCache }: Transacted<Outcomes>): void {
    const hasAll = plannedFromCache || view?.models.length === this.models.all.length;
    if (token === undefined || !hasAll) return this.cache.clear();
    try {
      this.cache.advance(plan, token, plannedFromCache || view === undefined ? undefined : { view, group: appends });
    } catch {
      this.cache.clear();
    }
  }

  /** The outcomes of a group after the answer to its transaction was lost; `undefined` if it was not written. */
  async #outcomesAfterLostAnswer({ sentPlan, group }: Attempt): Promise<Outcomes | undefined> {
    try {
      if (sentPlan === undefined) return undefined;
      const written = await this.#guarded.backend.findWritten(sentPlan.plan);
      if (written === false) return undefined;
      return withStoredEvents(sentPlan.result, written === true ? undefined : written);
    } catch (cause) {
      return group.map(({ append: { streamId } }, index): Outcome => {
        const outcome = sentPlan?.result[index];
        // A refusal by the plan does not depend on whether the plan was written.
        const isRefused = outcome !== undefined && 'refused' in outcome;
        if (isRefused) return outcome;
        // `written-unseen` means: the append was written, but its events can't be read.
        return {
          refused: isFault(cause, 'written-unseen') ? cause : new Fault('outcome-unknown', { streamId }, cause),
        };
      });
    }
  }
}

/**
 * The outcomes of a plan. If the backend assigned the positions, the planned events are replaced by the stored ones.
 */
function withStoredEvents(outcomes: Outcomes, placed: Placed | undefined): Outcomes {
  if (placed === undefined) return outcomes;
  // `placed` has an element for each accepted append, in their order.
  const placedEvents = placed.values();
  return outcomes.map((outcome) =>
    'refused' in outcome ? outcome : { recorded: placedEvents.next().value ?? outcome.recorded },
  );
}
