import { getInMemoryEventStore } from '@event-driven-io/emmett';
import { openLoginPolicies } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import type { Contender, Row } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { sayFigure, sayRatio } from '../report/figures.js';
import { CastorePolicies } from '../peers/castore-policies.js';
import { addToEmmett, commandToEmmett } from '../peers/emmett-policies.js';
import { KeptPolicy } from '../raw/kept-policy.js';
import { addPolicy, commandsInTurn } from '../workload/our-policies.js';

const COUNT = 2000;
/** So many policies one after another: 2,000 commands alone are over before they can be timed well. */
const POLICIES = 10;

/** Row 6. */
export const inTurnMemory: Row = {
  name: 'in-turn-memory',
  work: '2,000 commands on one policy, memory',
  unit: 'commands/s',
  warmUps: 2,
  contenders: async (): Promise<readonly Contender[]> => [raw, ...ours, emmett, castore],
  judge: (medians) => {
    const [rate, ratio] = [medians('ours'), medians('ours') / medians('raw')];
    const found = `${sayFigure(rate)}/s, ${sayRatio(ratio)}`;
    return [{ wanted: 'ours ≥ 100,000/s or 0.4 × raw', found, isMet: rate >= 100_000 || ratio >= 0.4 }];
  },
};

const raw: Contender = {
  name: 'raw',
  how: 'plain JavaScript: kept state, decide, push an event with id, time and metadata, fold in place',
  measure: () =>
    ratePerSecond(POLICIES * COUNT, () => {
      for (let number = 0; number < POLICIES; number++) {
        const policy = new KeptPolicy();
        for (let round = 0; round < COUNT; round++) policy.command(round);
      }
    }),
};

const ours: readonly Contender[] = [
  {
    name: 'ours',
    how: 'openLoginPolicies on a memory store, the read model kept up inside each append',
    measure: () => measureOurs(),
  },
];

async function measureOurs(): Promise<number> {
  return ratePerSecond(POLICIES * COUNT, async () => {
    for (let number = 0; number < POLICIES; number++) {
      const store = openMemoryStore();
      const policies = await openLoginPolicies({ store });
      await addPolicy(policies, 'bench');
      await commandsInTurn(policies, 'bench', COUNT);
      await policies.close();
      await store.close();
    }
  });
}

const emmett: Contender = {
  name: 'emmett',
  how: 'CommandHandler on getInMemoryEventStore',
  async measure() {
    const store = getInMemoryEventStore();
    await addToEmmett(store, 'bench');
    return ratePerSecond(COUNT, async () => {
      for (let round = 0; round < COUNT; round++) await commandToEmmett(store, 'bench');
    });
  },
};

const castore: Contender = {
  name: 'castore',
  how: 'getExistingAggregate, then pushEvent, on its in-memory adapter',
  async measure() {
    const policies = new CastorePolicies();
    await policies.add('bench');
    return ratePerSecond(COUNT, async () => {
      for (let round = 0; round < COUNT; round++) await policies.command('bench');
    });
  },
};
