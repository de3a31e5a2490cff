import { openLoginPolicies } from '@login-policy/domain';
import { longestStall, ratePerSecond } from '../harness/meter.js';
import type { Contender, Figure, Row, Conditions } from '../harness/row.js';
import { withPeer, type Peer } from '../peers/peers.js';
import { catchUp, rebuild as rebuildByHand } from '../raw/raw-policies.js';
import { historyOf, streamOf } from '../workload/course.js';
import { randomHistories, seedRaw, type SeedAppend } from '../workload/histories.js';
import { withRaw, type StoreKind } from '../workload/kinds.js';
import { CATCH_UP_WAIT, seedOurs, seedAndClose, withPolicies } from '../workload/ours.js';

const EVENTS = 100_000;

/** A rebuild of a read model, on tables without `ANALYZE`. */
export function rebuild(
  kind: StoreKind,
  { policies, times }: { readonly policies: number; readonly times: number },
): Row {
  return {
    name: `rebuild-${policies / 1000}k-${kind.name}`,
    work: `rebuild of ${policies.toLocaleString('en')} policies from ${EVENTS.toLocaleString('en')} events, drawn at random, ${kind.title}`,
    unit: 'events/s',
    warmUps: 2,
    target: { bound: 'at least', times },
    async contenders(conditions) {
      const eventsEach = EVENTS / policies;
      const appends = randomHistories(conditions.isQuick ? policies / 20 : policies, eventsEach);
      const loaded = conditions.isQuick ? 10 : (kind.name === 'memory' ? EVENTS : 5000) / eventsEach;
      const peers = kind.peers(conditions).map((peer) => loadedBy(peer, { policies: loaded, eventsEach }));
      return [await ours(kind, conditions, appends), await raw(kind, conditions, appends), ...peers];
    },
  };
}

async function ours(kind: StoreKind, conditions: Conditions, appends: readonly SeedAppend[]): Promise<Contender> {
  const { store } = await kind.openOurs(await kind.freshLocation(conditions));
  await seedOurs(store, appends);
  const { readModel } = await openLoginPolicies({ store });
  await readModel.ready(CATCH_UP_WAIT);
  return {
    name: 'ours',
    method: 'loginPolicies.readModel.rebuild(): every event decoded and checked, rows written and switched over',
    measure: () => ratePerSecond(countOf(appends), () => readModel.rebuild()),
  };
}

async function raw(kind: StoreKind, conditions: Conditions, appends: readonly SeedAppend[]): Promise<Contender> {
  const driver = await kind.openRaw(await kind.freshLocation(conditions));
  await seedRaw(driver, appends);
  return {
    name: 'raw',
    method: `${kind.driver} by hand: a scan in pages of 1,000, a fold in place, all rows written at the end in one transaction`,
    measure: () => ratePerSecond(countOf(appends), () => rebuildByHand(driver)),
  };
}

/**
 * The closest work of a peer: it loads and folds one policy after another, as long as those of the row, and writes
 * nothing. Each was appended at once, so its events lie side by side.
 */
function loadedBy(
  peer: Peer,
  { eventsEach, policies }: { readonly eventsEach: number; readonly policies: number },
): Contender {
  const [history, streams] = [historyOf(eventsEach), Array.from({ length: policies }, (_, number) => streamOf(number))];
  const method = `each policy loaded, nothing written; only ${streams.length} policies of ${history.length} events`;
  const measure = (): Promise<Figure> =>
    withPeer(peer, async (opened) => {
      for (const stream of streams) await opened.seed(stream, history);
      return ratePerSecond(streams.length * history.length, async () => {
        for (const stream of streams) {
          const loaded = await opened.load(stream);
          if (loaded !== history.length) throw new Error(`${loaded} events were folded`);
        }
      });
    });
  return { name: peer.name, method, measure };
}

function countOf(appends: readonly SeedAppend[]): number {
  return appends.reduce((count, { from, to }) => count + to - from, 0);
}

/** How long the initial build of a read model blocks the event loop at most. */
export function catchUpStall(kind: StoreKind): Row {
  return {
    name: `catch-up-stall-${kind.name}`,
    work: `longest stall of the event loop while 20,000 policies of 4 events catch up at opening, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 20 },
    contenders: async (conditions) => {
      const appends = randomHistories(conditions.isQuick ? 400 : 20_000, 4);
      return [stallOfOurs(kind, conditions, appends), stallByHand(kind, conditions, appends)];
    },
  };
}

function stallOfOurs(kind: StoreKind, conditions: Conditions, appends: readonly SeedAppend[]): Contender {
  return {
    name: 'ours',
    method: 'the README’s code on a store with events and no read model, until it may be read; by processor: all of it',
    async measure() {
      const location = await kind.freshLocation(conditions);
      await seedAndClose(kind, location, appends);
      return longestStall(() =>
        withPolicies(kind, location, async ({ readModel }) => {
          await readModel.ready(CATCH_UP_WAIT);
          const { events } = await readModel.lag();
          if (events > 0) throw new Error(`ready, and ${events} events behind`);
        }),
      );
    },
  };
}

function stallByHand(kind: StoreKind, conditions: Conditions, appends: readonly SeedAppend[]): Contender {
  return {
    name: 'raw',
    method: `${kind.driver} by hand: page by page, rows and checkpoint a transaction each, a turn for others between two`,
    measure: async () =>
      withRaw(kind, await kind.freshLocation(conditions), async (driver) => {
        await seedRaw(driver, appends);
        return longestStall(() => catchUp(driver));
      }),
  };
}
