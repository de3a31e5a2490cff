/**
 * Prints which of our functions a removal calls on its way to the store, how deep the calls are, and how many functions
 * it enters in all on each store. `npm run way -- sqlite eventstoredb`: on these only; `--all`: with their names.
 */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import type { EventStore } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { openScratch } from './harness/scratch.js';
import { eventStoreDbServer } from './raw/eventstoredb-server.js';
import { freshDatabase, withServer } from './raw/postgres-server.js';
import { memory, postgres, sqlite, type OpenStore, type StoreKind } from './workload/kinds.js';

const owner = { instanceId: 'my-iam' };
const by = { actor: 'admin' };
const ourCode = /packages\/(?:domain|event-sourcing|store-\w+)\/dist\/.*\.js/;

/** A store whose way is printed. */
interface Way extends Pick<StoreKind, 'title' | 'openOurs'> {
  readonly name: string;
}

const eventStoreDb: Way = {
  name: 'eventstoredb',
  title: 'EventStoreDB',
  async openOurs(url): Promise<OpenStore> {
    const store = connectEventStoreDb(url);
    return { store, close: () => store.close() };
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false } },
});
Error.stackTraceLimit = 100;
const scratch = await openScratch();
try {
  if (isWanted(memory)) await printWay(memory, 'memory');
  if (isWanted(sqlite)) await printWay(sqlite, scratch.fresh('store.db'));
  if (isWanted(postgres)) await withServer(async () => printWay(postgres, await freshDatabase(process.pid)));
  if (isWanted(eventStoreDb)) await printWayToEventStoreDb();
} finally {
  await scratch.remove();
}

async function printWayToEventStoreDb(): Promise<void> {
  const { url, stop } = await eventStoreDbServer();
  try {
    await printWay(eventStoreDb, url);
  } finally {
    stop();
  }
}

function isWanted({ name }: Way): boolean {
  return positionals.length === 0 || positionals.includes(name);
}

async function printWay(kind: Way, location: string): Promise<void> {
  const { store, close } = await kind.openOurs(location);
  const paths: (readonly string[])[] = [];
  const loginPolicies = await openLoginPolicies({
    store: { ...store, eventStore: notingPaths(store.eventStore, paths) },
  });
  orThrow(await loginPolicies.add(owner, freshInstance, by));
  const entered = await enteredByRemoval(loginPolicies);
  await loginPolicies.close();
  await close();
  const frames = paths.at(-1) ?? [];
  console.log(`${kind.title}: to the append ${frames.length} functions, called in each other:`);
  for (const frame of frames.toReversed()) console.log(`  ${frame.trim().replace(/ \(.*| file:.*/, '')}`);
  const files = new Set(entered.map((one) => one.split(' ')[0]));
  console.log(`Entered in all, until the answer: ${entered.length} functions in ${files.size} files\n`);
  if (values.all) for (const one of entered) console.log(`  ${one}`);
}

/** The event store, which notes by which path an append reaches it. */
function notingPaths(inner: EventStore, paths: (readonly string[])[]): EventStore {
  return delegating(inner, {
    append(append) {
      paths.push((new Error('here').stack ?? '').split('\n').filter((line) => ourCode.test(line)));
      return inner.append(append);
    },
  });
}

/** The functions that a removal enters, with what only parses, compares or copies. */
async function enteredByRemoval(loginPolicies: LoginPolicies): Promise<readonly string[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage');
  const answer = await loginPolicies.removeMultiFactor(owner, 'U2F_WITH_VERIFICATION', by);
  const coverage = await session.post('Profiler.takePreciseCoverage');
  orThrow(answer);
  session.disconnect();
  return coverage.result.flatMap(({ functions, url }) => {
    if (!ourCode.test(url)) return [];
    const fileAt = filesIn(url);
    return functions
      .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
      .map(({ functionName, ranges }) => `${fileAt(ranges[0]?.startOffset)} ${functionName || '(anonymous)'}`);
  });
}

/** Finds the source file of an offset in a bundle, by the comment line that the bundler puts before each file. */
function filesIn(url: string): (offset: number | undefined) => string {
  const [, home = ''] = /packages\/([^/]+)\//.exec(url) ?? [];
  const begins = [...readFileSync(new URL(url), 'utf8').matchAll(/^\/\/ src\/(.*)\.ts$/gm)];
  return (offset = 0) => `${home}/${begins.findLast(({ index }) => index <= offset)?.[1] ?? 'index'}`;
}
