import type { Clock, Store } from '@login-policy/event-sourcing';
import type { AnyProjection } from '@login-policy/event-sourcing/store';
import { fixedClock } from '../clocks.js';
import { describeContract, type Opened, type Patience, type TestRunner } from './contract.js';
import { clocks } from './stores/clocks.js';
import { closings } from './stores/closings.js';
import { catchingUp } from './stores/catching-up.js';
import { consumers } from './stores/consumers.js';
import { frozenServers, type FrozenEnd } from './stores/frozen.js';
import { openings } from './stores/openings.js';
import { rowsInStep } from './stores/rows-in-step.js';
import { snapshots } from './stores/snapshots.js';
import { stops } from './stores/stops.js';
import { strayStreams } from './stores/stray-streams.js';
import { versions } from './stores/versions.js';

/** A store on storage that nothing else uses. */
export interface OpenedStore extends Opened {
  readonly store: Store;
  /** Closes the store and opens the same storage again. `dispose` closes that too. */
  readonly reopen: () => Promise<Store>;
  /** A further opening of the same storage, independent of the first where a store can have one; else the same. */
  readonly another: () => Promise<Store>;
  /** Lets its server say nothing any more, until what this answers with is called. */
  readonly freeze?: (() => Promise<() => Promise<void>>) | undefined;
}

/** How the store contract gets at a store. */
export interface StoreFixture extends Patience {
  /** Of the store, as it stands in the report. */
  readonly name: string;
  /** How it keeps read models: as its `keeps` says. */
  readonly keeps: Store['keeps'];
  /** Whether its server can be frozen ({@link OpenedStore.freeze}). */
  readonly freezes?: boolean;
  /** Is told how calls ended on a frozen server. */
  readonly report?: (ends: readonly FrozenEnd[]) => void;
  /** Opens a store on fresh storage. */
  readonly open: (options: { readonly clock: Clock }) => Promise<OpenedStore>;
}

/** The store that a promise is about, with the read models opened that it is about. */
export interface StoreUnderTest extends Opened {
  readonly open: (projections?: readonly AnyProjection[]) => Promise<OpenedWith>;
}

/** A store, and how its storage is opened further with these read models. */
export interface OpenedWith extends Pick<OpenedStore, 'freeze'>, Pick<StoreFixture, 'report'> {
  readonly store: Store;
  readonly reopen: (projections: readonly AnyProjection[]) => Promise<Store>;
  readonly another: (projections?: readonly AnyProjection[]) => Promise<Store>;
}

/**
 * What a store promises of its events and read models together, as a suite of `runner`: opened as a program opens it by default, and
 * opened several times at once. A store that does nothing fails every test.
 */
export function storeContract(fixture: StoreFixture, runner: TestRunner): void {
  describeContract<StoreUnderTest>(
    {
      title: `the read models beside the events of ${fixture.name}`,
      themes: [
        ...(fixture.keeps === 'inline' ? [rowsInStep, stops, catchingUp] : []),
        openings,
        versions,
        strayStreams,
        snapshots,
        clocks,
        consumers,
        closings,
        ...(fixture.freezes === true ? [frozenServers] : []),
      ],
      patienceMs: fixture.patienceMs,
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
