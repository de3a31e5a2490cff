import { Deadline } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import { isFault } from '../values/is-fault.js';
import { tell, type Observe } from '../streams/observe.js';
import { onAbort } from '../values/on-abort.js';
import { checkedAppend, encodedAppend } from './checked-append.js';
import type { Acknowledged } from '../streams/acknowledged.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { Attempt, type Planning } from './attempt.js';
import type { GuardedBackend } from './guarded-backend.js';
import type { LogCache } from './log-cache.js';
import { AnswerLost, type Placed, type Transacted } from './log-backend.js';
import type { InlineModels } from './opened-model.js';
import { givenUp, isGivenUp, type CheckedAppend, type Outcome, type Outcomes, type Queued } from './plan.js';

/** How appends wait for each other. */
export interface WriterOptions extends Omit<Planning, 'form'> {
  /** The limits of a group: appends, and characters of JSON. A single larger append is a group of its own. */
  readonly most: { readonly appends: number; readonly size: number };
  /**
   * Resolves when all appends of the same turn of the event loop have been queued. Left out where groups save nothing;
   * each append is then written on its own and at once, also beside others.
   */
  readonly gather?: (() => Promise<void>) | undefined;
  /** Observes the size of groups. */
  readonly observe?: Observe | undefined;
  /** Present where it has to be known how far appends go. */
  readonly acknowledged?: Acknowledged | undefined;
}

/** An append that waits for its group to be written. */
interface Waiting extends Queued {
  readonly settle: (outcome: Outcome) => void;
}

/**
 * The one writer of a store. Appends that wait at the same time share a transaction with the changed rows of the inline
 * read models (group commit): while one group is written, the next one gathers. A single append does not wait.
 *
 * A write begins with a plan: the events with their positions, the rows and the receipts. The plan is based on a view
 * of the log, from the cache or looked up in the transaction. A waiting caller may give up by its signal; once its
 * write has begun, the append is completed.
 */
export class Writer {
  /** The inline read models, to which each opened read model is added. */
  readonly models: InlineModels;
  /** The one cache of the store, which its read models share. */
  readonly cache: LogCache;
  readonly #guarded: GuardedBackend;
  readonly #planning: Planning;
  readonly #options: WriterOptions;
  readonly #waiting = new Set<Waiting>();
  readonly #running = new Set<Promise<unknown>>();
  #groups: Promise<void> | undefined;
  #isClosed = false;

  constructor(guarded: GuardedBackend, options: WriterOptions) {
    const { clock, models, cache } = options;
    this.#guarded = guarded;
    this.#options = options;
    this.#planning = { clock, form: guarded.backend.form, models, cache };
    this.cache = cache;
    this.models = models;
  }

  /** Implements `EventStore.append`. */
  async append(append: Append): Promise<readonly RecordedEvent[]> {
    if (this.#isClosed) throw this.#closed();
    const begunAt = performance.now();
    const checked = this.#planning.form === 'text' ? encodedAppend(append) : checkedAppend(append);
    Deadline.throwIfExpired(`appending to ${checked.streamId}`, checked);
    const outcome = await (this.#options.gather === undefined ? this.#alone(checked) : this.#grouped(checked));
    if ('refused' in outcome) throw outcome.refused;
    this.#options.acknowledged?.note(outcome.recorded.at(-1)?.position, begunAt);
    return outcome.recorded;
  }

  /** Completes what is being written, and refuses all waiting and later appends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { settle } of this.#waiting) settle({ refused: this.#closed() });
    this.#waiting.clear();
    await this.#groups;
    await Promise.allSettled(this.#running);
  }

  async #alone(append: CheckedAppend): Promise<Outcome> {
    const writing = this.#write([{ append, isBegun: false }]);
    this.#running.add(writing);
    try {
      return outcomeAt(await writing, 0);
    } finally {
      this.#running.delete(writing);
    }
  }

  async #grouped(append: CheckedAppend): Promise<Outcome> {
    let stopListening = (): void => undefined;
    const outcome = await new Promise<Outcome>((settle) => {
      const waiting: Waiting = { append, isBegun: false, settle };
      this.#waiting.add(waiting);
      stopListening = onAbort(append.signal, () => {
        if (isGivenUp(waiting)) settle(givenUp(waiting));
        this.#waiting.delete(waiting);
      });
      this.#groups ??= this.#writeGroups(this.#options.gather);
    });
    stopListening();
    return outcome;
  }

  async #writeGroups(gather: WriterOptions['gather']): Promise<void> {
    await gather?.();
    for (let group = this.#nextGroup(); group.length > 0; group = this.#nextGroup()) {
      let [outcomes, failure]: [Outcomes, unknown] = [[], undefined];
      try {
        outcomes = await this.#write(group);
        tell(this.#options.observe, { type: 'group', appends: group.length });
      } catch (caught) {
        failure = caught;
      }
      for (const [index, { settle }] of group.entries())
        settle(failure === undefined ? outcomeAt(outcomes, index) : { refused: failure });
      await gather?.();
    }
    this.#groups = undefined;
  }

  #nextGroup(): readonly Waiting[] {
    const { appends, size: largest } = this.#options.most;
    const group: Waiting[] = [];
    let size = 0;
    for (const waiting of this.#waiting) {
      size += waiting.append.size ?? 0;
      if (group.length === appends || (group.length > 0 && size > largest)) break;
      this.#waiting.delete(waiting);
      group.push(waiting);
    }
    return group;
  }

  /**
   * Writes a group in one transaction. If the answer to the commit is lost, checks whether the group was written, and
   * otherwise tries once more.
   */
  async #write(group: readonly Queued[]): Promise<Outcomes> {
    for (let tries = 1; ; tries++) {
      const attempt = new Attempt(group, this.#planning);
      try {
        // Not refused after the close: it completes what is being written.
        const transacted = await this.#guarded.backend.transact(attempt);
        this.#updateCache(attempt, transacted);
        const { placed, result } = transacted;
        return placed === undefined ? result : withStoredEvents(result, placed);
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
      return written === true ? sentPlan.result : withStoredEvents(sentPlan.result, written);
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

  #closed(): Fault<'store-closed'> {
    return new Fault('store-closed', { store: this.#guarded.backend.name });
  }
}

function outcomeAt(outcomes: Outcomes, index: number): Outcome {
  return outcomes[index] ?? { refused: new TypeError('an append of a group has no outcome') };
}

/** The outcomes of a plan whose positions the backend assigned: with the stored events instead of the planned ones. */
function withStoredEvents(outcomes: Outcomes, placed: Placed): Outcomes {
  // `placed` has an element for each accepted append, in their order.
  const placedEvents = placed.values();
  return outcomes.map((outcome) =>
    'refused' in outcome ? outcome : { recorded: placedEvents.next().value ?? outcome.recorded },
  );
}
