import { onAbort } from '../values/on-abort.js';
import type { LookedUpRow } from './stored-row.js';
import { START } from '../values/position.js';
import type { StreamId } from '../values/stream-id.js';
import type { PlanningFromCache, Transaction } from './log-backend.js';
import type { InlineModels, OpenedModel } from './opened-model.js';
import {
  isGivenUp,
  type CheckedAppend,
  type Outcomes,
  type Planned,
  type Queued,
  modelIn,
  receiptName,
  type Found,
  type Question,
  type ReceiptKey,
} from './plan.js';
import { planAppends, type CurrentModel, type PlanOptions, type View } from './plan-appends.js';
import type { LogCache } from './log-cache.js';

/** What attempts are planned with. */
export interface Planning extends PlanOptions {
  readonly models: InlineModels;
  readonly cache: LogCache;
}

/**
 * One attempt to write a group while its callers wait: what to look up, and the plan. If the cache has the view of the
 * log that the plan needs and no other writer has written since, nothing is looked up.
 */
export class Attempt implements Transaction<Outcomes> {
  readonly writes = 'events';
  readonly group: readonly Queued[];
  readonly appends: readonly CheckedAppend[];
  readonly fromCache: PlanningFromCache<Outcomes> | undefined;
  /** The view that the last plan was based on; `undefined` for a plan from the cache. */
  view: View | undefined;
  /** The last plan that the backend may have written. */
  sentPlan: Planned<Outcomes> | undefined;
  readonly #planning: Planning;
  #abandoning: AbortController | undefined;
  #listenerRemovers: readonly (() => void)[] = NONE;

  constructor(group: readonly Queued[], planning: Planning) {
    this.group = group;
    this.#planning = planning;
    this.appends = group.map(({ append }) => append);
    const { cache, models } = planning;
    const view = cache.viewFor(this.appends, models.all);
    this.fromCache = view && { token: cache.token, plan: () => this.#planFromCache(view) };
  }

  get isLoose(): boolean {
    return this.appends.every(({ expected }) => expected === 'any');
  }

  /** Created only for a backend that looks up. */
  get question(): Question {
    const streams = new Set<StreamId>();
    const receipts: ReceiptKey[] = [];
    for (const { streamId, receipt } of this.appends) {
      streams.add(streamId);
      if (receipt !== undefined) receipts.push({ streamId, key: receipt.key });
    }
    const models = this.#planning.models.questionsFor(streams);
    for (const { expectedElsewhere } of this.appends)
      if (expectedElsewhere !== undefined) streams.add(expectedElsewhere.streamId);
    return { streams, receipts, models };
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
    const abortIfAllGaveUp = (): void => {
      if (this.group.every(isGivenUp)) abandoning.abort();
    };
    this.#listenerRemovers = this.appends.map(({ signal }) => onAbort(signal, abortIfAllGaveUp));
    return abandoning.signal;
  }

  /** Stops listening to the callers' signals. */
  ignoreSignals(): void {
    for (const removeListener of this.#listenerRemovers) removeListener();
    this.#listenerRemovers = NONE;
  }

  /**
   * Plans from the cache. A plan that refuses an append is discarded, because a backend may plan before it has checked
   * the cache's token.
   */
  #planFromCache(view: View): Planned<Outcomes> | undefined {
    const planned = planAppends(this.group, view, this.#planning);
    const isUsable = this.group.every((queued, n) => isGivenUp(queued) || 'recorded' in (planned.result[n] ?? {}));
    return isUsable ? this.#send(planned) : undefined;
  }

  plan(found: Found): Planned<Outcomes> {
    const { head, ends, unreadable } = found;
    const receipts = new Set(found.receipts.map(receiptName));
    const models: CurrentModel[] = [];
    for (const opened of this.#planning.models.all) {
      const model = modelAtHead(found, opened);
      if (model !== undefined) models.push(model);
    }
    this.view = { head, ends, unreadable, receipts, models };
    return this.#send(planAppends(this.group, this.view, this.#planning));
  }

  /** From here on, the callers can no longer give up. */
  #send(planned: Planned<Outcomes>): Planned<Outcomes> {
    this.ignoreSignals();
    for (const queued of this.group) queued.isBegun = !isGivenUp(queued);
    this.sentPlan = planned;
    return planned;
  }
}

const NONE: readonly (() => void)[] = [];

/** The read model, if its rows are at the head: its runner moves all others. */
function modelAtHead(found: Found, opened: OpenedModel): CurrentModel | undefined {
  const model = modelIn(found, opened.target);
  if (model === undefined || (model.checkpoint ?? START) !== found.head) return undefined;
  const { id, checkpoint, rows } = model;
  // Each row is decoded when it is needed, so that an unreadable row refuses only the append that changes it.
  const storedRow = (key: string): LookedUpRow<unknown> | undefined =>
    rows.has(key) ? { row: opened.rows.decode(key, rows.get(key)) } : undefined;
  return { opened, id, checkpoint, storedRow };
}
