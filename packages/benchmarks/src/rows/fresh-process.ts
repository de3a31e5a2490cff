import { openSqliteStore } from '@login-policy/store-sqlite';
import { countInstalled } from '../harness/installed.js';
import { runChild } from '../harness/fresh-process.js';
import type { Contender, Row, Setting } from '../harness/row.js';
import { median } from '../harness/statistics.js';
import { atMost } from '../harness/targets.js';
import { RawFile } from '../raw/raw-file.js';
import { seedEmmett, seedOurs, seedRaw } from '../workload/seeds.js';
import { emmettSqlite, openEmmett } from './sqlite-contenders.js';

const SEED = { policies: 1, eventsEach: 10, inARow: 10 } as const;
const STARTS = 5;
const MOST_PACKAGES = 3;

/** Row 8. */
export const freshProcess: Row = {
  name: 'fresh-process',
  work: 'fresh process: import, open, load one policy of 10 events, print',
  unit: 'ms, less is better',
  warmUps: 1,
  contenders: async (setting) => [raw(setting), ...(await ours(setting)), emmett(setting)],
  judge: (medians) => {
    const installed = countInstalled('@login-policy/domain');
    return [
      atMost({ of: 'ours', against: 'emmett-sqlite', times: 1.3 }, medians),
      {
        wanted: `the core installs ≤ ${MOST_PACKAGES} packages of others`,
        found: `${installed.length}: ${installed.join(', ')}`,
        isMet: installed.length <= MOST_PACKAGES,
      },
    ];
  },
};

/** The median of some starts: one alone says little. */
async function starts(program: string, path: string): Promise<number> {
  return median(Array.from({ length: STARTS }, () => runChild(program, [path]).milliseconds));
}

function raw({ scratch }: Setting): Contender {
  const path = scratch.fresh('raw.db');
  const file = new RawFile(path);
  seedRaw(file, SEED);
  file.close();
  return { name: 'raw', how: 'better-sqlite3: select, JSON.parse, fold', measure: () => starts('open-raw', path) };
}

async function ours({ scratch }: Setting): Promise<readonly Contender[]> {
  const path = scratch.fresh('ours.db');
  const store = await openSqliteStore({ path });
  await seedOurs(store.eventStore, SEED);
  await store.close();
  return [
    { name: 'ours', how: 'openLoginPolicies, the policy as of sequence 10', measure: () => starts('open-ours', path) },
    { name: 'ours, its row', how: 'the policy from its read model', measure: () => starts('read-ours', path) },
  ];
}

function emmett(setting: Setting): Contender {
  return emmettSqlite(setting, {
    name: 'emmett-sqlite',
    how: 'aggregateStream',
    measure: async (module, path) => {
      await seedEmmett(await openEmmett(module, path), SEED);
      return starts('open-emmett', path);
    },
  });
}
