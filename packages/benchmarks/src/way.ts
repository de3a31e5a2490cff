/** Prints which of our functions a removal calls on its way to the store, and how deep the calls are. */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { openMemoryStore, type EventStore } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';

const owner = { instanceId: 'my-iam' };
const by = { actor: 'admin' };
const ourCode = /packages\/(?:domain|event-sourcing)\/dist\/.*\.js/;
const session = new Session();

Error.stackTraceLimit = 100;
const store = openMemoryStore();
const loginPolicies = await openLoginPolicies({ store: { ...store, eventStore: recordingPath(store.eventStore) } });
orThrow(await loginPolicies.add(owner, freshInstance, by));
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await session.post('Profiler.takePreciseCoverage');
orThrow(await loginPolicies.removeMultiFactor(owner, 'U2F_WITH_VERIFICATION', by));
session.disconnect();
await loginPolicies.close();

/** The store, which records by which path an append reached it. */
function recordingPath(inner: EventStore): EventStore {
  return delegating(inner, {
    async append(append) {
      const frames = (new Error('here').stack ?? '').split('\n').filter((line) => ourCode.test(line));
      await printPath(frames);
      return inner.append(append);
    },
  });
}

async function printPath(frames: readonly string[]): Promise<void> {
  const coverage = await session.post('Profiler.takePreciseCoverage').catch(() => undefined);
  if (coverage === undefined) return;
  const entered = coverage.result.flatMap(({ functions, url }) => {
    if (!ourCode.test(url)) return [];
    const fileAt = filesIn(url);
    const called = functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
    return called.map(
      ({ functionName, ranges }) => `${fileAt(ranges[0]?.startOffset)} ${functionName || '(anonymous)'}`,
    );
  });
  console.log(`Called in each other: ${frames.length}`);
  for (const frame of frames.toReversed()) console.log(`  ${frame.trim().replace(/ \(.*| file:.*/, '')}`);
  console.log(`Entered in all, with what only parses, compares or copies: ${entered.length}`);
  if (process.argv.includes('--all')) for (const one of entered) console.log(`  ${one}`);
}

/** Finds the source file of an offset in a bundle, by the comment line that the bundler puts before each file. */
function filesIn(url: string): (offset: number | undefined) => string {
  const begins = [...readFileSync(new URL(url), 'utf8').matchAll(/^\/\/ src\/(.*)\.ts$/gm)];
  return (offset = 0) => begins.findLast(({ index }) => index <= offset)?.[1] ?? url;
}
