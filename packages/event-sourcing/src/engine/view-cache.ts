import { Lru } from '../store/lru.js';
import type { KnownRow } from '../store/stored-row.js';
import type { Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import { changedKey, type OpenedModel } from './opened-model.js';
import type { CheckedAppend, Plan } from './plan.js';
import type { CurrentModel, View } from './plan-appends.js';
import type { ModelId, StreamEnd } from './view.js';

const NONE: ReadonlyMap<StreamId, unknown> = new Map();
const NO_ROW = { row: undefined };
/** The limit of cached streams, and of cached rows of each read model. */
const MOST = 20_000;

/** A read model at the head with its cached rows. */
interface KnownModel {
  readonly opened: OpenedModel;
  readonly id: ModelId;
  readonly rows: Lru<string, KnownRow<unknown>>;
}

interface Known {
  readonly token: unknown;
  readonly head: Position;
  readonly inlineAtHead: readonly ModelId[];
  readonly models: readonly KnownModel[];
}

/** What a look-up found out: everything its plan was based on. */
export interface Learnt {
  readonly view: View;
  /** The appends whose streams and rows were looked up. */
  readonly group: readonly CheckedAppend[];
}

/**
 * The cache of the log's state after this process's last write. It is valid while no other writer writes; the backend
 * checks that by the token, in the transaction that relies on it.
 */
export class ViewCache {
  readonly #ends = new Lru<StreamId, { readonly end: StreamEnd | undefined }>(MOST);
  #known: Known | undefined;

  get token(): unknown {
    return this.#known?.token;
  }

  get head(): Position | undefined {
    return this.#known?.head;
  }

  /** The id of a read model that is known to be at the head. */
  idOf(name: string): ModelId | undefined {
    return this.#known?.models.find(({ opened }) => opened.name === name)?.id;
  }

  /** A view that suffices to plan this group; `undefined` when something must be looked up. */
  viewFor(group: readonly CheckedAppend[], all: readonly OpenedModel[]): View | undefined {
    const known = this.#known;
    if (known?.models.length !== all.length || !group.every((append) => this.#canPlan(append, known))) return undefined;
    // Only these can be unknown: see `#canPlan`.
    const toNew = group.filter(({ expected }) => expected === 'no-stream');
    const begun = new Set<string>(toNew.flatMap(({ streamId }) => (this.#ends.has(streamId) ? [] : [streamId])));
    return {
      head: known.head,
      inlineAtHead: known.inlineAtHead,
      end: (streamId) => this.#ends.get(streamId)?.end,
      unreadable: NONE,
      hasReceipt: () => false,
      models: known.models.map(({ opened, id, rows }): CurrentModel => ({
        opened,
        id,
        known: (key) => rows.get(key) ?? (begun.has(key) ? NO_ROW : undefined),
        catchUpRows: undefined,
      })),
    };
  }

  /** Updates the cache after a plan was written, from the cached state or from a look-up. */
  advance(plan: Plan, token: unknown, learnt?: Learnt): void {
    if (learnt !== undefined) this.#learn(learnt, token);
    const known = this.#known;
    if (known === undefined) return;
    for (const { append, end } of plan.appends) this.#ends.set(append.streamId, { end });
    for (const { id, rows } of plan.models) {
      const model = known.models.find((one) => one.id === id);
      for (const { key, row, entries } of rows) model?.rows.set(key, { row, entries });
    }
    const inlineAtHead = plan.head === plan.headBefore ? known.inlineAtHead : plan.inline;
    this.#known = { ...known, token, head: plan.head, inlineAtHead };
  }

  clear(): void {
    if (this.#known === undefined) return;
    this.#known = undefined;
    this.#ends.clear();
  }

  /**
   * Whether an append can be planned from the cache. A new stream and a receipt need no look-up: the backend notices an
   * existing one when it writes. A new stream has no row of its own, but may share one.
   */
  #canPlan({ streamId, expected, events }: CheckedAppend, { models }: Known): boolean {
    const isKnown = this.#ends.has(streamId);
    if (events.length === 0 || (!isKnown && expected !== 'no-stream')) return false;
    return models.every(({ opened, rows }) => {
      const key = changedKey(opened, streamId);
      return key === undefined || rows.has(key) || (!isKnown && opened.projection.key === undefined);
    });
  }

  #learn({ view, group }: Learnt, token: unknown): void {
    const before = this.#known?.head === view.head ? this.#known : undefined;
    if (before === undefined) this.#ends.clear();
    for (const { streamId } of group) {
      if (!view.unreadable.has(streamId)) this.#ends.set(streamId, { end: view.end(streamId) });
    }
    const models = view.models.map(({ opened, id, known }): KnownModel => {
      const rows = before?.models.find((one) => one.id === id)?.rows ?? new Lru(MOST);
      for (const { streamId } of group) {
        const key = changedKey(opened, streamId);
        const row = key === undefined ? undefined : known(key);
        if (key !== undefined && row !== undefined) rows.set(key, row);
      }
      return { opened, id, rows };
    });
    this.#known = { token, head: view.head, inlineAtHead: view.inlineAtHead, models };
  }
}
