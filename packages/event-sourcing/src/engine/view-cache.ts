import { Lru } from '../store/lru.js';
import type { LookedUpRow } from '../store/stored-row.js';
import type { Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import type { OpenedModel } from './opened-model.js';
import type { CheckedAppend, Plan } from './plan.js';
import type { CurrentModel, View } from './plan-appends.js';
import type { ModelId, StreamEnd } from './view.js';

const NO_RECEIPTS: ReadonlySet<string> = new Set();
const NO_ROW = { row: undefined };
/** The limit of cached streams, and of cached rows of each read model. */
const MOST = 20_000;

/** A read model at the head with its cached rows. */
interface CachedModel {
  readonly opened: OpenedModel;
  readonly id: ModelId;
  readonly rows: Lru<string, LookedUpRow<unknown>>;
}

/** What is cached, except for the ends of streams. */
interface CachedState {
  /** The backend's token of this state. */
  readonly token: unknown;
  readonly head: Position;
  readonly models: readonly CachedModel[];
}

/** The result of a look-up, which a plan was based on. */
export interface LookedUp {
  readonly view: View;
  /** The appends whose streams and rows were looked up. */
  readonly group: readonly CheckedAppend[];
}

/**
 * The cache of the log's state after this process's last write. It is valid while no other writer writes; the backend
 * checks that by the token, in the transaction that relies on it.
 */
export class ViewCache {
  /** `undefined` for a stream that was looked up and has no events. */
  readonly #ends = new Lru<StreamId, StreamEnd | undefined>(MOST);
  #state: CachedState | undefined;

  get token(): unknown {
    return this.#state?.token;
  }

  /** A view that suffices to plan this group on so many read models; `undefined` when something must be looked up. */
  viewFor(group: readonly CheckedAppend[], models: number): View | undefined {
    const state = this.#state;
    if (state?.models.length !== models || !group.every((append) => this.#canPlan(append, state))) return undefined;
    // The streams that are not cached. `#canPlan` has checked that their appends expect them to be new.
    const newStreams = new Set<string>(
      group.flatMap(({ streamId, expected }) =>
        expected === 'no-stream' && !this.#ends.has(streamId) ? [streamId] : [],
      ),
    );
    return {
      head: state.head,
      ends: this.#ends,
      receipts: NO_RECEIPTS,
      models: state.models.map(({ opened, id, rows }): CurrentModel => ({
        opened,
        id,
        checkpoint: state.head,
        storedRow: (key) => rows.get(key) ?? (newStreams.has(key) ? NO_ROW : undefined),
      })),
    };
  }

  /** Updates the cache after a plan was written, from the cached state or from a look-up. */
  advance(plan: Plan, token: unknown, lookedUp?: LookedUp): void {
    if (lookedUp !== undefined) this.#addLookedUp(lookedUp, token);
    const state = this.#state;
    if (state === undefined) return;
    for (const { append, end } of plan.appends) this.#ends.set(append.streamId, end);
    for (const { id, rows } of plan.models) {
      const model = state.models.find((one) => one.id === id);
      for (const written of rows) {
        const { key, row, entries } = written;
        model?.rows.set(key, { row, entries });
        model?.opened.decoder.cacheWritten(written);
      }
    }
    this.#state = { ...state, token, head: plan.head };
  }

  clear(): void {
    if (this.#state === undefined) return;
    this.#state = undefined;
    this.#ends.clear();
  }

  /**
   * Whether an append can be planned from the cache. A receipt and a stream that is expected to be new need no look-up:
   * the write fails if they exist already. A new stream has no row of its own, but it may share one that does exist.
   */
  #canPlan({ streamId, expected, expectedElsewhere, events }: CheckedAppend, { models }: CachedState): boolean {
    if (expectedElsewhere !== undefined && !this.#ends.has(expectedElsewhere.streamId)) return false;
    const isCached = this.#ends.has(streamId);
    if (events.length === 0 || (!isCached && expected !== 'no-stream')) return false;
    return models.every(({ opened, rows }) => {
      const key = opened.changedKey(streamId);
      return key === undefined || rows.has(key) || (!isCached && opened.projection.key === undefined);
    });
  }

  /** Adds the result of a look-up; discards what was cached for another head. */
  #addLookedUp({ view, group }: LookedUp, token: unknown): void {
    const before = this.#state?.head === view.head ? this.#state : undefined;
    if (before === undefined) this.#ends.clear();
    for (const { streamId, expectedElsewhere } of group)
      for (const one of [streamId, expectedElsewhere?.streamId])
        if (one !== undefined && view.unreadable?.has(one) !== true) this.#ends.set(one, view.ends.get(one));
    const models = view.models.map(({ opened, id, storedRow }): CachedModel => {
      const rows = before?.models.find((one) => one.id === id)?.rows ?? new Lru(MOST);
      for (const { streamId } of group) {
        const key = opened.changedKey(streamId);
        const row = key === undefined ? undefined : storedRow(key);
        if (key !== undefined && row !== undefined) rows.set(key, row);
      }
      return { opened, id, rows };
    });
    this.#state = { token, head: view.head, models };
  }
}
