import { Lru } from '../values/lru.js';
import type { Position } from '../values/position.js';
import type { StreamId } from '../values/stream-id.js';
import type { CachedRows } from './stored-row.js';
import type { OpenedModel } from './opened-model.js';
import { type CheckedAppend, type Plan, modelIn, type Found, type ModelId, type StreamEnd } from './plan.js';
import type { CurrentModel, View } from './plan-appends.js';

const NO_RECEIPTS: ReadonlySet<string> = new Set();
const NO_ROW = { row: undefined };
/** The limit of cached streams. */
const MOST = 20_000;

/** What is cached, except for the ends of streams and the rows. */
interface CachedState {
  /** The backend's token of this state. */
  readonly token: unknown;
  readonly head: Position;
  /** The read models at the head, by their cached rows, which all openings of one share. */
  readonly models: ReadonlyMap<CachedRows, ModelId>;
}

/** An epoch is of one cache only, because several caches may share rows. */
let lastEpoch = 0;

/** The result of a look-up, which a plan was based on. */
export interface LookedUp {
  readonly view: View;
  /** The appends whose streams and rows were looked up. */
  readonly group: readonly CheckedAppend[];
}

/** Rows of a read model at the head. */
export interface CurrentRows {
  readonly head: Position;
  /** The row under each requested key; `undefined` when there is none. */
  readonly rows: ReadonlyMap<string, unknown>;
}

/**
 * The one cache of a store: the ends of streams, and the rows of read models at the head. It is believed while no other
 * writer writes: writes of this process update it, and the backend's token tells those of others, in the transaction
 * that relies on it.
 */
export class LogCache {
  /** `undefined` for a stream that was looked up and has no events. */
  readonly #ends = new Lru<StreamId, StreamEnd | undefined>(MOST);
  #state: CachedState | undefined;
  /** Changes when cached rows are no longer believed. */
  #epoch = ++lastEpoch;
  #writeCount = 0;

  get token(): unknown {
    return this.#state?.token;
  }

  /** Changes with every write of this process, so that what was looked up before it is not cached after it. */
  get writeCount(): number {
    return this.#writeCount;
  }

  /** A view that suffices to plan this group on so many read models; `undefined` when something must be looked up. */
  viewFor(group: readonly CheckedAppend[], models: readonly OpenedModel[]): View | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    const newStreams = new Set<string>();
    for (const append of group) {
      if (!this.#canPlan(append, models)) return undefined;
      // `#canPlan` has checked that an append to a stream that is not cached expects it to be new.
      if (!this.#ends.has(append.streamId)) newStreams.add(append.streamId);
    }
    const current: CurrentModel[] = [];
    for (const opened of models) {
      const id = state.models.get(opened.rows);
      if (id === undefined) return undefined;
      const storedRow: CurrentModel['storedRow'] = (key) =>
        opened.rows.current(key, this.#epoch) ?? (newStreams.has(key) ? NO_ROW : undefined);
      current.push({ opened, id, checkpoint: state.head, storedRow });
    }
    return { head: state.head, ends: this.#ends, receipts: NO_RECEIPTS, models: current };
  }

  /** The rows under these keys, if all of them are cached; `isCurrent` asks the backend about the token. */
  rowsOf(
    opened: OpenedModel,
    keys: readonly string[],
    isCurrent: (token: unknown) => boolean,
  ): CurrentRows | undefined {
    const state = this.#state;
    if (state?.models.has(opened.rows) !== true) return undefined;
    const rows = new Map<string, unknown>();
    for (const key of keys) {
      const cached = opened.rows.current(key, this.#epoch);
      if (cached === undefined) return undefined;
      rows.set(key, cached.row);
    }
    // Asked last, because it costs more than all the rest, and a row that is missing is looked up anyway.
    return isCurrent(state.token) ? { head: state.head, rows } : undefined;
  }

  /** Caches rows that were looked up when this process had written so often ({@link writeCount}). */
  noteRead(opened: OpenedModel, found: Found, { rows, writeCount }: ReadRows): void {
    const model = modelIn(found, opened.target);
    const { head, token } = found;
    // A shadow is moved by its rebuild, which this cache does not see.
    if (token === undefined || opened.target.shadow !== undefined) return;
    if (model?.checkpoint !== head || writeCount !== this.#writeCount) return;
    if (this.#state?.token !== token || this.#state.head !== head) this.#begin({ token, head, models: new Map() });
    this.#addModels([[opened.rows, model.id]]);
    for (const [key, row] of rows) opened.rows.noteFound(key, { row }, this.#epoch);
  }

  /** Updates the cache after a plan was written, from the cached state or from a look-up. */
  advance(plan: Plan, token: unknown, lookedUp?: LookedUp): void {
    this.#writeCount += 1;
    if (lookedUp !== undefined) this.#addLookedUp(lookedUp, token);
    const state = this.#state;
    if (state === undefined) return;
    for (const { append, end } of plan.appends) this.#ends.set(append.streamId, end);
    // The plan has moved the read models that were at the head, and no others.
    const moved = new Map<CachedRows, ModelId>();
    for (const [cached, modelId] of state.models) {
      for (const { id, rows } of plan.models) {
        if (id !== modelId) continue;
        for (const written of rows) cached.noteWritten(written, this.#epoch);
        moved.set(cached, id);
      }
    }
    this.#state = { token, head: plan.head, models: plan.head === plan.headBefore ? state.models : moved };
  }

  /** Believes nothing that was cached so far. Call it after a write outside of appends, and after a failed append. */
  clear(): void {
    this.#writeCount += 1;
    if (this.#state === undefined) return;
    this.#state = undefined;
    this.#epoch = ++lastEpoch;
    this.#ends.clear();
  }

  /**
   * Whether an append can be planned from the cache. A receipt and a stream that is expected to be new need no look-up:
   * the write fails if they exist already. A new stream has no row of its own, but it may share one that does exist.
   */
  #canPlan({ streamId, expected, expectedElsewhere, events }: CheckedAppend, models: readonly OpenedModel[]): boolean {
    if (expectedElsewhere !== undefined && !this.#ends.has(expectedElsewhere.streamId)) return false;
    const isCached = this.#ends.has(streamId);
    if (events.length === 0 || (!isCached && expected !== 'no-stream')) return false;
    return models.every((opened) => {
      const key = opened.changedKey(streamId);
      if (key === undefined || opened.rows.current(key, this.#epoch) !== undefined) return true;
      return !isCached && opened.projection.key === undefined;
    });
  }

  /** Adds the result of a look-up; discards what was cached for another head. */
  #addLookedUp({ view, group }: LookedUp, token: unknown): void {
    if (this.#state?.head !== view.head) this.#begin({ token, head: view.head, models: new Map() });
    this.#addModels(view.models.map(({ opened, id }) => [opened.rows, id]));
    for (const { streamId, expectedElsewhere } of group)
      for (const one of [streamId, expectedElsewhere?.streamId])
        if (one !== undefined && view.unreadable?.has(one) !== true) this.#ends.set(one, view.ends.get(one));
    for (const { opened, storedRow } of view.models) {
      for (const { streamId } of group) {
        const key = opened.changedKey(streamId);
        const row = key === undefined ? undefined : storedRow(key);
        if (key !== undefined && row !== undefined) opened.rows.noteFound(key, row, this.#epoch);
      }
    }
  }

  #begin(state: CachedState): void {
    this.#state = state;
    this.#epoch = ++lastEpoch;
    this.#ends.clear();
  }

  #addModels(models: readonly (readonly [CachedRows, ModelId])[]): void {
    if (this.#state === undefined) return;
    this.#state = { ...this.#state, models: new Map([...this.#state.models, ...models]) };
  }
}

/** Rows that were looked up. */
interface ReadRows {
  readonly rows: ReadonlyMap<string, unknown>;
  /** The {@link LogCache.writeCount} before the look-up. */
  readonly writeCount: number;
}
