import type { Store } from '@login-policy/event-sourcing';
import { fixedClock } from '../clocks.js';
import { describeContract, type TestRunner } from './contract.js';
import { clocks, fakedTimers } from './stores/clocks.js';
import { closings } from './stores/closings.js';
import { catchingUp } from './stores/catching-up.js';
import { consumers } from './stores/consumers.js';
import { frozenServers } from './stores/frozen.js';
import { openings } from './stores/openings.js';
import { inlineRows } from './stores/inline-rows.js';
import { snapshots } from './stores/snapshots.js';
import { failingProjections } from './stores/failing-projections.js';
import { strayStreams } from './stores/stray-streams.js';
import { versions } from './stores/versions.js';
import type { AnyProjection, OpenedStore, StoreFixture, StoreUnderTest } from './stores/store-under-test.js';

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
