import type { Clock } from '../clock.js';
import { OutcomeUnknown } from '../faults.js';
import type { AnyProjection } from '../projections/projection.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import type { StreamId } from '../streams/stream-id.js';
import { AnswerLost, type Backend, type Transacted } from './backend.js';
import { broughtToHead } from './current-models.js';
import { added } from './lookup.js';
import { changedKey, openedModel, type OpenedModel } from './opened-model.js';
import type { CheckedAppend, MoreToLookUp, Planned } from './plan.js';
import { planAppends, type CurrentModel, type Planning, type View } from './plan-appends.js';
import { RowReader } from './row-reader.js';
import { ViewCache } from './view-cache.js';
import type { Found, ModelQuestion, Question, StreamEnd } from './view.js';

type Outcomes = readonly Outcome[];

/** A read model that appends keep, and how its rows are read. */
interface KeptModel {
  readonly opened: OpenedModel;
  readonly reader: RowReader;
}

/** Writes groups of appends, and in the same transaction the rows they make of the read models that were opened. */
export class GroupWriter {
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #cache = new ViewCache();
  #models: readonly KeptModel[] = [];
  #writes = 0;

  constructor(backend: Backend, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** From now on every append keeps this read model, as soon as its rows are at the head. */
  keep(projection: AnyProjection, reader: RowReader): void {
    const opened = openedModel(projection);
    if (this.#models.some(({ opened: { name } }) => name === opened.name)) return;
    this.#models = [...this.#models, { opened, reader }];
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
        return await this.#attempt(attempt);
      } catch (caught) {
        this.forget();
        if (!(caught instanceof AnswerLost)) throw caught;
        const outcomes = await this.#afterLoss(attempt);
        if (outcomes !== undefined) return outcomes;
        if (tries > 1 || caught.next === 'give-up') throw caught.fault;
      }
    }
  }

  async #attempt(attempt: Attempt): Promise<Outcomes> {
    const view = this.#cache.enoughFor(
      attempt.appends,
      this.#models.map(({ opened }) => opened),
    );
    const remembered = view && { token: this.#cache.token, plan: () => this.#planRemembered(attempt, view) };
    const transacted = await this.#backend.transact<Outcomes>({
      writes: 'events',
      question: this.#questionFor(attempt.appends),
      ...(remembered !== undefined && { remembered }),
      plan: (found) => this.#plan(attempt, found),
    });
    try {
      this.#learn(attempt, transacted);
    } catch {
      // It is written, whatever can be remembered of it.
      this.forget();
    }
    return transacted.result;
  }

  /** One that refuses an append is not believed: what it was refused for may no longer be so. */
  #planRemembered(attempt: Attempt, view: View): Planned<Outcomes> | undefined {
    const planned = attempt.planned(view, { clock: this.#clock, form: this.#backend.form });
    return planned.result.every((outcome) => outcome === GIVEN_UP || 'recorded' in outcome) ? planned : undefined;
  }

  #plan(attempt: Attempt, found: Found): Planned<Outcomes> | MoreToLookUp {
    attempt.found = added(attempt.found, attempt.asked ?? this.#questionFor(attempt.appends), found);
    const models = this.#currentModels(attempt.found);
    if ('question' in models) {
      attempt.asked = models.question;
      return models;
    }
    const { head, keptByHead, ends, receipts, unreadable } = attempt.found;
    const hasReceipt = (name: string): boolean => receipts.has(name);
    const end = (streamId: StreamId): StreamEnd | undefined => ends.get(streamId);
    attempt.view = { head, keptByHead, end, unreadable: unreadable ?? NONE, hasReceipt, models };
    return attempt.planned(attempt.view, { clock: this.#clock, form: this.#backend.form });
  }

  /** The read models that are at the head or can be brought there; or what has to be looked up to know. */
  #currentModels(found: Found): readonly CurrentModel[] | MoreToLookUp {
    const { form } = this.#backend;
    const all = this.#models.map(({ opened, reader }) =>
      broughtToHead(found, { opened, reader, form, target: { name: opened.name } }),
    );
    const questions = all.flatMap((one) => (one.kind === 'look' ? [one.question] : []));
    if (questions.length > 0) return { question: { streams: [], receipts: [], models: questions } };
    return all.flatMap((one) => (one.kind === 'current' ? [one.model] : []));
  }

  #questionFor(group: readonly CheckedAppend[]): Question {
    return {
      streams: [...new Set(group.map(({ streamId }) => streamId))],
      receipts: group.flatMap(({ streamId, receipt }) => (receipt === undefined ? [] : [{ streamId, key: receipt.key }])),
      models: this.#models.map(({ opened }): ModelQuestion => ({
        target: { name: opened.name },
        keys: [...new Set(group.flatMap(({ streamId }) => changedKey(opened, streamId) ?? []))],
      })),
    };
  }

  #learn({ view, appends }: Attempt, { plan, token, wasRemembered }: Transacted<Outcomes>): void {
    this.#writes += 1;
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

const NONE: ReadonlyMap<StreamId, unknown> = new Map();
const GIVEN_UP: Outcome = { refused: undefined };

/** One attempt to write a group: what was asked and found so far, and the last plan that may have been sent. */
class Attempt {
  readonly group: readonly Queued[];
  readonly appends: readonly CheckedAppend[];
  asked: Question | undefined;
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
    const begun = this.appends.filter((_, index) => isBegun[index]);
    const { plan, result } = planAppends(begun, view, planning);
    const outcomes = result.values();
    this.last = { plan, result: isBegun.map((is) => (is ? (outcomes.next().value ?? GIVEN_UP) : GIVEN_UP)) };
    return this.last;
  }
}
