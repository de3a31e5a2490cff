import type { Clock, Projection, Store } from '@login-policy/event-sourcing';
import type { EventShape } from '@login-policy/event-sourcing/store';
import { fixedClock } from '../clocks.js';
import { describeContract, type Opened, type WaitLimit, type TestRunner } from './contract.js';
import { clocks, fakedTimers } from './stores/clocks.js';
import { closings } from './stores/closings.js';
import { catchingUp } from './stores/catching-up.js';
import { consumers } from './stores/consumers.js';
import { frozenServers, type FrozenEnd } from './stores/frozen.js';
import { openings } from './stores/openings.js';
import { inlineRows } from './stores/inline-rows.js';
import { snapshots } from './stores/snapshots.js';
import { failingProjections } from './stores/failing-projections.js';
import { strayStreams } from './stores/stray-streams.js';
import { versions } from './stores/versions.js';

type AnyProjection = Projection<EventShape, unknown>;

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

/**
 * Tests what a store promises of its events and read models together, as a suite of `runner`: with default options, and
 * with several openings at once. A store that does nothing fails every test.
 */
export function storeContract(fixture: StoreFixture, runner: TestRunner): void {
  describeContract<StoreUnderTest>(
    {
      title: `the events and read models of ${fixture.name}`,
      suites: [
        ...(fixture.readModelUpdates === 'inline' ? [inlineRows, failingProjections, catchingUp, fakedTimers] : []),
        openings,
        versions,
        strayStreams,
        snapshots,
        clocks,
        consumers,
        closings,
        ...(fixture.freezes === true ? [frozenServers] : []),
      ],
      waitLimitMs: fixture.waitLimitMs,
      open: async () => storeUnderTest(fixture),
    },
    runner,
  );
}

function storeUnderTest(fixture: StoreFixture): StoreUnderTest {
  const opened: OpenedStore[] = [];
  return {
    async open(projections = []) {
      const storage = await fixture.open({ clock: fixedClock('2024-06-13T06:44:39.050Z') });
      opened.push(storage);
      return {
        store: await withModels(storage.store, projections),
        freeze: storage.freeze,
        ...(fixture.report !== undefined && { report: fixture.report }),
        reopen: async (others) => withModels(await storage.reopen(), others),
        another: async (others = []) => withModels(await storage.another(), others),
      };
    },
    async dispose() {
      for (const storage of opened) await storage.dispose();
    },
  };
}

async function withModels(store: Store, projections: readonly AnyProjection[]): Promise<Store> {
  for (const projection of projections) await store.readModels.open(projection);
  return store;
}
