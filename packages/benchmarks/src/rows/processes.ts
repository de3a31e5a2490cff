import { CHILDREN, runNode } from '../harness/fresh-process.js';
import { median } from '../harness/meter.js';
import type { Conditions, Contender, Figure, Row } from '../harness/row.js';
import { castoreDatabase } from '../peers/castore.js';
import type { Peers } from '../peers/peers.js';
import { RawSqlite } from '../raw/raw-sqlite.js';
import { AT_ONCE, DEFAULT_STREAM, FIRST_JOBS, historyOf, policyAfter } from '../workload/course.js';
import { randomHistories, seedRaw } from '../workload/histories.js';
import { postgres, sqlite, withRaw } from '../workload/kinds.js';
import { addDefault, seedAndClose, seedReady, withPolicies } from '../workload/ours.js';
import type { PlainEvent } from '../workload/plain-policy.js';

/** The number of starts of which the median counts. */
function startsIn({ isQuick }: Conditions): number {
  return isQuick ? 1 : 5;
}

/** The start-up of a command-line tool or a cloud function. */
export const freshProcess: Row = {
  name: 'fresh-process-sqlite',
  work: 'fresh process: import, open, read one policy, print, end, SQLite',
  unit: 'ms',
  warmUps: 1,
  target: { bound: 'at most', times: 1.25 },
  async contenders(conditions) {
    const { peers, scratch } = conditions;
    const starts = startsIn(conditions);
    const [oursAt, rawAt] = [scratch.fresh('ours.db'), scratch.fresh('raw.db')];
    await withPolicies(sqlite, oursAt, addDefault);
    const driver = new RawSqlite(rawAt);
    driver.storeRows([[DEFAULT_STREAM, policyAfter(4)]], 4);
    driver.close();
    const method = 'node:sqlite by hand: select, JSON.parse';
    return [
      {
        name: 'ours',
        method: 'the README’s code',
        measure: () => startUpTime(starts, [CHILDREN, 'read ours', oursAt]),
      },
      { name: 'raw', method, measure: () => startUpTime(starts, [CHILDREN, 'read raw', rawAt]) },
      {
        name: 'emmett-sqlite',
        method: 'aggregateStream',
        measure: await emmettStart(starts, scratch.fresh('emmett.db'), peers),
      },
    ];
  },
};

async function emmettStart(
  starts: number,
  fileName: string,
  { emmettSqlite: module, whyNot }: Peers,
): Promise<Contender['measure']> {
  if (module === undefined) return () => Promise.reject(new Error(`left out: ${whyNot}`));
  const store = module.getSQLiteEventStore({ fileName });
  await store.schema.migrate();
  await store.appendToStream<PlainEvent>(DEFAULT_STREAM, [...historyOf(4)]);
  return () => startUpTime(starts, [CHILDREN, 'read emmett', fileName]);
}

/** A short run, such as a script's: most code is compiled in it. */
export const freshCommands: Row = {
  name: 'fresh-commands-postgres',
  work: `a fresh process’s first ${FIRST_JOBS.length} commands, ${AT_ONCE} at a time, once all is imported and opened, PostgreSQL`,
  unit: 'ms',
  warmUps: 1,
  target: { bound: 'at most', times: 1, of: 'castore' },
  contenders: async (conditions) => [
    {
      name: 'ours',
      method: 'the README’s code, on a new database with its schema',
      measure: async () => {
        const location = await postgres.freshLocation(conditions);
        await seedAndClose(postgres, location, []);
        return firstCommands('ours', location);
      },
    },
    {
      name: 'castore',
      method: 'getAggregate, then pushEvent, an event at a time, on a new database with its table; no row is kept',
      measure: async () => firstCommands('castore', await castoreDatabase()),
    },
  ],
};

function firstCommands(by: string, location: string): Figure {
  const [byClock = Number.NaN, byProcessor = Number.NaN] = runNode([CHILDREN, `command ${by}`, location])
    .split(' ')
    .map(Number);
  return { byClock, byProcessor };
}

const MODULES = [
  'luxon',
  'ulid',
  'node:sqlite',
  'pg',
  'zod',
  '@login-policy/event-sourcing',
  '@login-policy/domain',
  '@login-policy/store-sqlite',
  '@login-policy/store-postgres',
  '@login-policy/api',
  '@event-driven-io/emmett',
];

/** The subject of docs/adr/0002: the cost of an import in a fresh process. */
export const imports: Row = {
  name: 'imports-sqlite',
  work: 'fresh process that imports one module and ends',
  unit: 'ms',
  warmUps: 1,
  contenders: async (conditions) => [
    importContender(startsIn(conditions), 'raw', ''),
    ...MODULES.map((name) => importContender(startsIn(conditions), name, `await import('${name}')`)),
  ],
};

function importContender(starts: number, name: string, code: string): Contender {
  const method = name === 'raw' ? 'Node alone' : `import('${name}')`;
  return { name, method, measure: () => startUpTime(starts, ['--input-type=module', '--eval', code]) };
}

/** The cost of importing the API beyond Node itself: time or memory. */
function importOfApi(unit: 'ms' | 'MB', figure: number): Row {
  const costOf = (starts: number, name: string): Contender['measure'] => {
    const cost = (): number => Number(runNode([CHILDREN, `import in ${unit}`, name]));
    return async () => ({ byClock: median(Array.from({ length: starts }, cost)) });
  };
  return {
    name: unit === 'ms' ? 'import-api' : 'import-memory-api',
    work: `${unit === 'ms' ? 'time' : 'memory (RSS)'} that an import takes in a fresh process, beyond Node’s own`,
    unit,
    warmUps: 1,
    target: { bound: 'at most', figure },
    contenders: async (conditions) => [
      {
        name: 'ours',
        method: "import('@login-policy/api')",
        measure: costOf(startsIn(conditions), '@login-policy/api'),
      },
      {
        name: 'raw',
        method: "import('@login-policy/domain'), which is part of it",
        measure: costOf(startsIn(conditions), '@login-policy/domain'),
      },
    ],
  };
}

/** The limits of issue 15 for a program that mounts the API. */
export const importsOfApi: readonly Row[] = [importOfApi('ms', 250), importOfApi('MB', 35)];

/** Whether the memory of a rebuild grows with the history. */
export const peakMemory: Row = {
  name: 'peak-rss-sqlite',
  work: 'most memory (RSS) of a fresh process that rebuilds 10,000 policies from 500,000 events, SQLite',
  unit: 'MB',
  warmUps: 0,
  target: { bound: 'at most', times: 1.3 },
  async contenders({ isQuick, scratch }) {
    const appends = randomHistories(isQuick ? 500 : 10_000, 50);
    const [oursAt, rawAt] = [scratch.fresh('ours.db'), scratch.fresh('raw.db')];
    await seedReady(sqlite, oursAt, appends);
    await withRaw(sqlite, rawAt, (driver) => seedRaw(driver, appends));
    const method = 'node:sqlite by hand: a scan in pages of 1,000, all states in memory';
    return [
      { name: 'ours', method: 'openLoginPolicies, readModel.rebuild()', measure: () => peakOf('rebuild ours', oursAt) },
      { name: 'raw', method, measure: () => peakOf('rebuild raw', rawAt) },
    ];
  },
};

async function peakOf(work: string, path: string): Promise<Figure> {
  return { byClock: (Number(runNode([CHILDREN, work, path]).split(' ')[0]) * 1024) / 1e6 };
}

/** The median of several starts. */
async function startUpTime(starts: number, args: readonly string[]): Promise<Figure> {
  const took = Array.from({ length: starts }, () => {
    const beganAt = performance.now();
    runNode(args);
    return performance.now() - beganAt;
  });
  return { byClock: median(took) };
}
