import { openSqliteStore } from '@login-policy/store-sqlite';
import { runChild } from '../harness/fresh-process.js';
import type { Contender, Row, Setting } from '../harness/row.js';
import { atMost } from '../harness/targets.js';
import { RawFile } from '../raw/raw-file.js';
import { seedOurs, seedRaw, type Layout } from '../workload/seeds.js';

/** Row 9. The names carry the number of events, also when `--quick` makes it a tenth of that. */
export const peakMemory: Row = {
  name: 'peak-memory',
  work: 'peak memory (RSS) of a process that rebuilds from 1,000,000 events of 1,000 policies, SQLite',
  unit: 'MB, less is better',
  warmUps: 0,
  contenders: async (setting) => {
    const [small, large] = layouts(setting);
    return [await raw(setting, large), await ours(setting, small), await ours(setting, large)];
  },
  judge: (medians) => [atMost({ of: 'ours', against: 'ours, a tenth of the events', times: 1.3 }, medians)],
};

function layouts({ isQuick }: Setting): readonly [Layout, Layout] {
  const eventsEach = isQuick ? 100 : 1000;
  const policies = 1000;
  return [
    { policies, eventsEach: eventsEach / 10, inARow: 10 },
    { policies, eventsEach, inARow: 10 },
  ];
}

async function raw({ scratch }: Setting, layout: Layout): Promise<Contender> {
  const path = scratch.fresh('raw.db');
  const file = new RawFile(path);
  seedRaw(file, layout);
  file.close();
  const how = 'better-sqlite3: a scan in pages of 1,000, JSON.parse, fold in place';
  return { name: 'raw', how, measure: async () => peakOf('rebuild-raw', path) };
}

async function ours(setting: Setting, layout: Layout): Promise<Contender> {
  const path = setting.scratch.fresh('ours.db');
  const store = await openSqliteStore({ path, durability: 'normal' });
  await seedOurs(store.eventStore, layout);
  await store.close();
  const isLarge = layout.eventsEach === layouts(setting)[1].eventsEach;
  return {
    name: isLarge ? 'ours' : 'ours, a tenth of the events',
    how: 'openSqliteStore, Projector.rebuild',
    measure: async () => peakOf('rebuild-ours', path),
  };
}

/** The child prints its peak in KiB. */
function peakOf(program: string, path: string): number {
  return (Number(runChild(program, [path]).output) * 1024) / 1e6;
}
