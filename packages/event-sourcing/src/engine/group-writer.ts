import type { Clock } from '../clock.js';
import { OutcomeUnknown } from '../faults.js';
import type { AnyProjection } from '../projections/projection.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import { AnswerLost, type Backend, type Transacted } from './backend.js';
import { broughtToHead } from './current-models.js';
import { added } from './lookup.js';
import { changedKey, openedModel, type OpenedModel } from './opened-model.js';
import type { CheckedAppend, MoreToLookUp, Plan, Planned } from './plan.js';
import { planAppends, type CurrentModel, type View } from './plan-appends.js';
import { RowReader } from './row-reader.js';
import { ViewCache } from './view-cache.js';
import type { Found, ModelQuestion, Question } from './view.js';

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
    this.#cache.forget();
  }

  /** Writes a group in one transaction, and finds out what became of it if the answer is lost. */
  async write(group: readonly Queued[]): Promise<Outcomes> {
    const begun = group.map((queued) => (queued.begin() ? queued.append : undefined));
    const appends = begun.filter((append) => append !== undefined);
    if (appends.length === 0) return begun.map(() => GIVEN_UP);
    const outcomes = (await this.#written(appends)).values();
    return begun.map((append) => (append === undefined ? GIVEN_UP : (outcomes.next().value ?? GIVEN_UP)));
  }

  async #written(group: readonly CheckedAppend[]): Promise<Outcomes> {
    for (let tries = 1; ; tries++) {
      const attempt = new Attempt(group, this.#models.length);
      try {
        return await this.#attempt(attempt);
      } catch (caught) {
        this.#cache.forget();
        if (!(caught instanceof AnswerLost)) throw caught;
        const outcomes = await this.#afterLoss(attempt);
        if (outcomes !== undefined) return outcomes;
        if (tries > 1 || caught.next === 'give-up') throw caught.fault;
      }
    }
  }

  async #attempt(attempt: Attempt): Promise<Outcomes> {
    const remembered = this.#remembered(attempt.group);
    attempt.last = remembered?.planned;
    const transacted = await this.#backend.transact<Outcomes>({
      question: this.#questionFor(attempt.group),
      ...(remembered !== undefined && { remembered }),
      plan: (found) => this.#plan(attempt, found),
    });
    this.#learn(attempt, transacted);
    return transacted.result;
  }

  /** A plan by what is remembered. One that refuses an append is not believed: what it was refused for may no longer be so. */
  #remembered(group: readonly CheckedAppend[]): { token: unknown; planned: Planned<Outcomes> } | undefined {
    const view = this.#cache.enoughFor(
      group,
      this.#models.map(({ opened }) => opened),
    );
    if (view === undefined) return undefined;
    const planned = planAppends(group, view, { clock: this.#clock, form: this.#backend.form });
    const isAccepted = planned.result.every((outcome) => 'recorded' in outcome);
    return isAccepted ? { token: this.#cache.token, planned } : undefined;
  }

  #plan(attempt: Attempt, found: Found): Planned<Outcomes> | MoreToLookUp {
    attempt.found = added(attempt.found, attempt.asked ?? this.#questionFor(attempt.group), found);
    const models = this.#currentModels(attempt.found);
    if ('question' in models) {
      attempt.asked = models.question;
      return models;
    }
    const { head, keptByHead, ends, receipts } = attempt.found;
    const hasReceipt = (name: string): boolean => receipts.has(name);
    attempt.view = { head, keptByHead, end: (streamId) => ends.get(streamId), hasReceipt, models };
    attempt.last = planAppends(attempt.group, attempt.view, { clock: this.#clock, form: this.#backend.form });
    return attempt.last;
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

  #learn({ view, group, models }: Attempt, { plan, token, wasRemembered }: Transacted<Outcomes>): void {
    if (wasRemembered) return this.#cache.advance(plan, token);
    // What a read model that was left is at, the next group has to look up.
    if (view === undefined || view.models.length < models) return this.#cache.forget();
    this.#cache.advance(plan, token, { view, group });
  }

  async #afterLoss({ last, group }: Attempt): Promise<Outcomes | undefined> {
    try {
      return last !== undefined && (await this.#backend.wasWritten(last.plan)) ? last.result : undefined;
    } catch (cause) {
      const unknown = ({ streamId }: CheckedAppend): Outcome => ({ refused: new OutcomeUnknown({ streamId }, cause) });
      return group.map((append, index) => refusedIn(last, index) ?? unknown(append));
    }
  }
}

const GIVEN_UP: Outcome = { refused: undefined };

/** An append that its plan refused is refused whatever became of the others. */
function refusedIn(planned: Planned<Outcomes> | undefined, index: number): Outcome | undefined {
  const outcome = planned?.result[index];
  return outcome !== undefined && 'refused' in outcome ? outcome : undefined;
}

/** One attempt to write a group: what was asked and found so far, and the last plan that may have been sent. */
class Attempt {
  readonly group: readonly CheckedAppend[];
  /** How many read models there are to keep. */
  readonly models: number;
  asked: Question | undefined;
  found: Found | undefined;
  view: View | undefined;
  last: { readonly plan: Plan; readonly result: Outcomes } | undefined;

  constructor(group: readonly CheckedAppend[], models: number) {
    this.group = group;
    this.models = models;
  }
}
