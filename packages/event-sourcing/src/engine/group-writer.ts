import type { Clock } from '../clock.js';
import { OutcomeUnknown } from '../faults.js';
import type { AnyProjection } from '../projections/projection.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import type { StreamId } from '../streams/stream-id.js';
import { AnswerLost, type Backend, type Transacted, type Transaction } from './backend.js';
import { broughtToHead } from './current-models.js';
import { added } from './lookup.js';
import { changedKey, openedModel, type OpenedModel } from './opened-model.js';
import type { CheckedAppend, MoreToLookUp, Planned } from './plan.js';
import { planAppends, type CurrentModel, type Planning, type View } from './plan-appends.js';
import type { RowReader } from './row-reader.js';
import { ViewCache } from './view-cache.js';
import {
  NO_QUESTION,
  type Found,
  type ModelQuestion,
  type ModelTarget,
  type Question,
  type ReceiptKey,
  type StreamEnd,
} from './view.js';

type Outcomes = readonly Outcome[];

/** A read model that appends keep, and how its rows are read. */
interface KeptModel {
  readonly opened: OpenedModel;
  readonly target: ModelTarget;
  readonly reader: RowReader;
}

/** Writes groups of appends, and in the same transaction the rows they make of the read models that were opened. */
export class GroupWriter {
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #cache = new ViewCache();
  #models: readonly KeptModel[] = [];
  #opened: readonly OpenedModel[] = [];
  #writes = 0;

  constructor(backend: Backend, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** From now on every append keeps this read model, as soon as its rows are at the head. */
  keep(projection: AnyProjection, reader: RowReader): void {
    const opened = openedModel(projection);
    if (this.#models.some(({ opened: { name } }) => name === opened.name)) return;
    this.#models = [...this.#models, { opened, reader, target: { name: opened.name } }];
    this.#opened = [...this.#opened, opened];
    this.#cache.forget();
  }

  /** Somebody wrote beside the appends: what is remembered is looked up again. */
  forget(): void {
    this.#writes += 1;
    this.#cache.forget();
  }

  /** How often something was written here. */
  get writes(): number {
    return this.#writes;
  }

  /** Writes a group in one transaction, and finds out what became of it if the answer is lost. */
  async write(group: readonly Queued[]): Promise<Outcomes> {
    for (let tries = 1; ; tries++) {
      const attempt = new Attempt(group);
      try {
        const transacted = await this.#backend.transact(this.#transactionOf(attempt));
        this.#learnIfPossible(attempt, transacted);
        return transacted.result;
      } catch (caught) {
        this.forget();
        if (!(caught instanceof AnswerLost)) throw caught;
        const outcomes = await this.#afterLoss(attempt);
        if (outcomes !== undefined) return outcomes;
        if (tries > 1 || caught.next === 'give-up') throw caught.fault;
      }
    }
  }

  #transactionOf(attempt: Attempt): Transaction<Outcomes> {
    const view = this.#cache.enoughFor(attempt.appends, this.#opened);
    return {
      writes: 'events',
      question: this.#questionFor(attempt.appends),
      ...(view !== undefined && {
        remembered: { token: this.#cache.token, plan: () => this.#planRemembered(attempt, view) },
      }),
      plan: (found) => this.#plan(attempt, found),
    };
  }

  /** It is written, whatever can be remembered of it. */
  #learnIfPossible(attempt: Attempt, transacted: Transacted<Outcomes>): void {
    try {
      this.#learn(attempt, transacted);
    } catch {
      this.forget();
    }
  }

  /** One that refuses an append is not believed: what it was refused for may no longer be so. */
  #planRemembered(attempt: Attempt, view: View): Planned<Outcomes> | undefined {
    const planned = attempt.planned(view, { clock: this.#clock, form: this.#backend.form });
    return planned.result.every((outcome) => outcome === GIVEN_UP || 'recorded' in outcome) ? planned : undefined;
  }

  #plan(attempt: Attempt, found: Found): Planned<Outcomes> | MoreToLookUp {
    attempt.found = added(attempt.found, found);
    const models = this.#currentModels(attempt.found);
    if ('question' in models) return models;
    const { head, keptByHead, ends, receipts, unreadable } = attempt.found;
    const hasReceipt = (name: string): boolean => receipts.has(name);
    const end = (streamId: StreamId): StreamEnd | undefined => ends.get(streamId);
    attempt.view = { head, keptByHead, end, unreadable, hasReceipt, models };
    return attempt.planned(attempt.view, { clock: this.#clock, form: this.#backend.form });
  }

  /** The read models that are at the head or can be brought there; or what has to be looked up to know. */
  #currentModels(found: Found): readonly CurrentModel[] | MoreToLookUp {
    const current: CurrentModel[] = [];
    const questions: ModelQuestion[] = [];
    for (const { opened, reader, target } of this.#models) {
      const brought = broughtToHead(found, { opened, reader, form: this.#backend.form, target });
      if (brought.kind === 'look') questions.push(brought.question);
      else if (brought.kind === 'current') current.push(brought.model);
    }
    return questions.length > 0 ? { question: { ...NO_QUESTION, models: questions } } : current;
  }

  #questionFor(group: readonly CheckedAppend[]): Question {
    const streams = new Set<StreamId>();
    const receipts: ReceiptKey[] = [];
    for (const { streamId, receipt } of group) {
      streams.add(streamId);
      if (receipt !== undefined) receipts.push({ streamId, key: receipt.key });
    }
    return { streams, receipts, models: this.#models.map((model) => this.#questionOf(model, streams)) };
  }

  #questionOf({ opened, target }: KeptModel, streams: Iterable<StreamId>): ModelQuestion {
    const keys = new Set<string>();
    for (const streamId of streams) {
      const key = changedKey(opened, streamId);
      if (key !== undefined) keys.add(key);
    }
    return { target, keys };
  }

  #learn({ view, appends }: Attempt, { plan, token, wasRemembered }: Transacted<Outcomes>): void {
    this.#writes += 1;
    if (token === undefined) return;
    // Where a read model was left, the next group has to look up.
    if (!wasRemembered && view?.models.length !== this.#models.length) return this.#cache.forget();
    this.#cache.advance(plan, token, wasRemembered || view === undefined ? undefined : { view, group: appends });
    for (const { id, rows } of plan.models) {
      const reader = this.#models.find(({ opened }) => this.#cache.idOf(opened.name) === id)?.reader;
      for (const row of rows) reader?.wrote(row);
    }
  }

  async #afterLoss({ last, group }: Attempt): Promise<Outcomes | undefined> {
    try {
      return last !== undefined && (await this.#backend.wasWritten(last.plan)) ? last.result : undefined;
    } catch (cause) {
      return group.map(({ append: { streamId } }, index): Outcome => {
        const outcome = last?.result[index];
        // An append that the plan refused is refused whatever became of the others.
        const isRefused = outcome !== undefined && 'refused' in outcome;
        return isRefused ? outcome : { refused: new OutcomeUnknown({ streamId }, cause) };
      });
    }
  }
}

const GIVEN_UP: Outcome = { refused: undefined };

/** One attempt to write a group: what was asked and found so far, and the last plan that may have been sent. */
class Attempt {
  readonly group: readonly Queued[];
  readonly appends: readonly CheckedAppend[];
  found: Found | undefined;
  view: View | undefined;
  last: Planned<Outcomes> | undefined;

  constructor(group: readonly Queued[]) {
    this.group = group;
    this.appends = group.map(({ append }) => append);
  }

  /** Plans the appends whose callers have not given up; from now on they can't. */
  planned(view: View, planning: Planning): Planned<Outcomes> {
    const isBegun = this.group.map((queued) => queued.begin());
    const begun = isBegun.includes(false) ? this.appends.filter((_, index) => isBegun[index]) : this.appends;
    const { plan, result } = planAppends(begun, view, planning);
    this.last = { plan, result: begun === this.appends ? result : aligned(result, isBegun) };
    return this.last;
  }
}

/** Outcomes of all, of those of the ones that begun. */
function aligned(outcomes: Outcomes, isBegun: readonly boolean[]): Outcomes {
  const next = outcomes.values();
  return isBegun.map((is) => (is ? (next.next().value ?? GIVEN_UP) : GIVEN_UP));
}
