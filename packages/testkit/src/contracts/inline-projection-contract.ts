import type { AnyProjection, Clock, Store } from '@login-policy/event-sourcing';
import { fixedClock } from '../clocks.js';
import { describeContract, type Opened, type Theme } from './contract.js';
import { catchingUp } from './inline-projections/catching-up.js';
import { rowsInStep } from './inline-projections/rows-in-step.js';
import { stops } from './inline-projections/stops.js';

/** A store on storage that nothing else uses. */
export interface OpenedStore extends Opened {
  readonly store: Store;
  /** Closes the store and opens the same storage again, with these projections inline. `dispose` closes that too. */
  readonly reopen: (inlineProjections: readonly AnyProjection[]) => Promise<Store>;
}

/** How the inline projection contract gets at a store. */
export interface InlineProjectionFixture {
  /** Of the store, as it stands in the report. */
  readonly name: string;
  /** Opens a store on fresh storage, whose appends keep the read models of these projections. */
  readonly open: (options: InlineProjectionOptions) => Promise<OpenedStore>;
}

/** How a store is opened for the inline projection contract. */
export interface InlineProjectionOptions {
  readonly clock: Clock;
  readonly inlineProjections: readonly AnyProjection[];
}

/** A way to open the fixture's store with the projections that a promise is about. */
export interface InlineUnderTest extends Opened {
  readonly open: (inlineProjections: readonly AnyProjection[]) => Promise<OpenedStore>;
}

/**
 * What a store promises that keeps read models inside its appends, as a mocha suite. A store that does nothing fails
 * every test.
 */
export function inlineProjectionContract(fixture: InlineProjectionFixture): void {
  describeContract<InlineUnderTest>({
    title: `the inline projections of ${fixture.name}`,
    themes: THEMES,
    open: async () => inlineUnderTest(fixture),
  });
}

const THEMES: readonly Theme<InlineUnderTest>[] = [rowsInStep, stops, catchingUp];

function inlineUnderTest(fixture: InlineProjectionFixture): InlineUnderTest {
  const opened: OpenedStore[] = [];
  return {
    async open(inlineProjections) {
      const storage = await fixture.open({ clock: fixedClock('2024-06-13T06:44:39.050Z'), inlineProjections });
      opened.push(storage);
      return storage;
    },
    async dispose() {
      for (const storage of opened) await storage.dispose();
    },
  };
}
