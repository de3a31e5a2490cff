import type { Clock, Projection, Store } from '@login-policy/event-sourcing';
import type { EventShape } from '@login-policy/event-sourcing/store';
import type { Opened, WaitLimit } from '../contract.js';

export type AnyProjection = Projection<EventShape, unknown>;

/** A store on storage that nothing else uses. */
export interface OpenedStore extends Opened {
  readonly store: Store;
  /** Closes the store and opens the same storage again. `dispose` also closes that. */
  readonly reopen: () => Promise<Store>;
  /**
   * A further opening of the same storage, independent of the first where the store supports that; otherwise the same.
   */
  readonly another: () => Promise<Store>;
  /** Freezes the store's server until the returned function is called. */
  readonly freeze?: (() => Promise<() => Promise<void>>) | undefined;
}

/** How the store contract opens a store. */
export interface StoreFixture extends WaitLimit {
  /** The store's name in the report. */
  readonly name: string;
  /** How it updates read models: the store's `readModelUpdates`. */
  readonly readModelUpdates: Store['readModelUpdates'];
  /** Whether its server can be frozen ({@link OpenedStore.freeze}). */
  readonly freezes?: boolean;
  /** Called with the outcomes of calls on a frozen server. */
  readonly report?: (ends: readonly FrozenEnd[]) => void;
  /** Opens a store on fresh storage. */
  readonly open: (options: { readonly clock: Clock }) => Promise<OpenedStore>;
}

/** The store under test, with its read models opened. */
export interface StoreUnderTest extends Opened {
  readonly open: (projections?: readonly AnyProjection[]) => Promise<OpenedWith>;
}

/** A store, and how to open its storage again with the same read models. */
export interface OpenedWith extends Pick<OpenedStore, 'freeze'>, Pick<StoreFixture, 'report'> {
  readonly store: Store;
  readonly reopen: (projections: readonly AnyProjection[]) => Promise<Store>;
  readonly another: (projections?: readonly AnyProjection[]) => Promise<Store>;
}

/** How a call ended on a frozen server. */
export interface FrozenEnd {
  /** The call and what should end it: `a read, waitMs 1000`. */
  readonly call: string;
  /** The fault's code, or `answered`. */
  readonly end: string;
  readonly afterMs: number;
}
