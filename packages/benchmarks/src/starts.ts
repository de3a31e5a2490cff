/**
 * Prints what a start costs on EventStoreDB, by where rows are kept (docs/how-to/eventstoredb.md): `iam-server` and the
 * command line, beside many policies and beside none. On a double of the server, and a PostgreSQL of the tests.
 */
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { openLoginPolicies } from '@login-policy/domain';
import { median } from './harness/meter.js';
import { openScratch, type Scratch } from './harness/scratch.js';
import { startDouble } from './raw/eventstoredb-server.js';
import { freshDatabase, onServer, withServer } from './raw/postgres-server.js';
import type { Used } from './starts/used.js';
import { usedByCommand, usedByServer } from './starts/programs.js';
import { INSTANCE_ID } from './workload/course.js';
import { randomHistories } from './workload/histories.js';
import { addDefault, seedOurs } from './workload/ours.js';

const ROWS = ['memory', 'SQLite', 'PostgreSQL'] as const;
const EVENTS_EACH = 4;

/** Where a program keeps its rows. */
interface RowsPlace {
  readonly name: (typeof ROWS)[number];
  readonly url: string;
  bytes(): Promise<number>;
}

const { values } = parseArgs({
  options: { policies: { type: 'string', default: '100000' }, starts: { type: 'string', default: '3' } },
});
const [policies, starts] = [Number(values.policies), Number(values.starts)];

async function newPlace(name: RowsPlace['name'], scratch: Scratch): Promise<RowsPlace> {
  if (name === 'memory') return { name, url: 'memory:', bytes: async () => 0 };
  if (name === 'SQLite') {
    const file = scratch.fresh('rows.sqlite');
    return { name, url: `sqlite:${file}`, bytes: async () => statSync(file).size };
  }
  const url = await freshDatabase(process.pid);
  const bytes = (): Promise<number> =>
    onServer(url, async (client) => {
      const { rows } = await client.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size');
      return Number(rows[0]?.size);
    });
  return { name, url, bytes };
}

/** What a program used in its first run, and what it uses in each later one. */
interface Runs {
  readonly first: Used;
  readonly later: Used;
}

async function measured(run: () => Promise<Used>): Promise<Runs> {
  const first = await run();
  const later: Used[] = [];
  for (let count = 0; count < starts; count++) later.push(await run());
  return {
    first,
    later: {
      processorMs: median(later.map(({ processorMs }) => processorMs)),
      heapMb: median(later.map(({ heapMb }) => heapMb)),
    },
  };
}

/** What a program uses for the policies: more than beside an empty log. */
function printMore(title: string, many: Runs, none: Runs): void {
  const more = (key: keyof Runs): string => {
    const processorMs = many[key].processorMs - none.later.processorMs;
    const megabytes = many[key].heapMb - none.later.heapMb;
    return `${Math.round(processorMs)} ms, ${megabytes.toFixed(1)} MB`;
  };
  const { processorMs, heapMb } = none.later;
  const alone = `${Math.round(processorMs)} ms, ${heapMb.toFixed(1)} MB`;
  console.log(`| ${title} | ${alone} | ${more('first')} | ${more('later')} |`);
}

const scratch = await openScratch();
const [empty, full] = [await startDouble(), await startDouble()];

async function seed(): Promise<void> {
  const store = connectEventStoreDb(full.url);
  const loginPolicies = await openLoginPolicies({ store });
  await addDefault(loginPolicies);
  await loginPolicies.close();
  await seedOurs(store, randomHistories(policies, EVENTS_EACH));
  await store.close();
}

async function printStarts(name: RowsPlace['name']): Promise<void> {
  const places = [await newPlace(name, scratch), await newPlace(name, scratch)] as const;
  const server = ({ url }: RowsPlace, IAM_STORE: string, more = {}): Promise<Runs> => {
    const IAM_DATA = scratch.fresh('data');
    return measured(() => usedByServer({ IAM_STORE, IAM_DATA, IAM_ROWS: url, ...more }));
  };
  const none = await server(places[0], empty.url, { IAM_ADOPT_INSTANCE: INSTANCE_ID });
  const many = await server(places[1], full.url, { IAM_ADOPT_INSTANCE: INSTANCE_ID });
  printMore(`iam-server, ${name}`, many, none);
  const command = ({ url }: RowsPlace, store: string): Promise<Runs> => {
    const rows = name === 'memory' ? [] : ['--rows', url];
    return measured(() =>
      usedByCommand(['policy', 'organization-1', '--instance', INSTANCE_ID, '--store', store, ...rows]),
    );
  };
  printMore(`login-policy policy, ${name}`, await command(places[1], full.url), await command(places[0], empty.url));
  console.log(`| bytes of the rows, ${name} | | | ${((await places[1].bytes()) / 1e6).toFixed(0)} MB |`);
}

try {
  await withServer(async () => {
    const emptyStore = connectEventStoreDb(empty.url);
    const defaults = await openLoginPolicies({ store: emptyStore });
    await addDefault(defaults);
    await defaults.close();
    await emptyStore.close();
    await seed();
    console.log(
      `| ${policies} policies of ${EVENTS_EACH} events | without them | more at the first start | more at each later one |`,
    );
    console.log('| --- | --- | --- | --- |');
    for (const name of ROWS) await printStarts(name);
  });
} finally {
  empty.stop();
  full.stop();
  await scratch.remove();
}
