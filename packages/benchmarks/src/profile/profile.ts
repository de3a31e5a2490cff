import type { Profiler, Runtime } from 'node:inspector';
import { Session } from 'node:inspector/promises';

/** A share of the time, without the time of callees. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** The profile: the shares of all parts and functions, largest first. */
export interface Profile {
  readonly parts: readonly Share[];
  readonly functions: readonly Share[];
}

/** The native functions of SQLite drivers; nothing else in a benchmark has these names. */
const isOfDriver = /^(?:run|get|all|exec|prepare)$/;
const EACH_MICROSECONDS = 100;

/** Samples the main thread during `work`, ten thousand times a second. */
export async function profile(work: () => Promise<unknown>): Promise<Profile> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: EACH_MICROSECONDS });
  await session.post('Profiler.start');
  await work();
  const { profile: samples } = await session.post('Profiler.stop');
  session.disconnect();
  return { parts: sharesBy(partOf, samples), functions: sharesBy(functionOf, samples) };
}

function sharesBy(nameOf: (frame: Runtime.CallFrame) => string, { nodes }: Profiler.Profile): readonly Share[] {
  const hits = new Map<string, number>();
  let all = 0;
  for (const { callFrame, hitCount = 0 } of nodes) {
    const name = nameOf(callFrame);
    hits.set(name, (hits.get(name) ?? 0) + hitCount);
    all += hitCount;
  }
  const shares = Array.from(hits, ([name, count]) => ({ name, share: count / all }));
  return shares.toSorted((one, other) => other.share - one.share);
}

/** One of our packages, a library, or what is beneath them. */
function partOf({ functionName, url }: Runtime.CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(idle)') return 'waiting';
  if (isOfDriver.test(functionName) && url === '') return 'SQLite';
  const [, ours] = /\/packages\/([^/]+)\/dist\//.exec(url) ?? [];
  const [, library] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  return ours ?? library ?? 'Node';
}

function functionOf({ functionName, url, lineNumber }: Runtime.CallFrame): string {
  const file = url.replace(/^.*\/(?:packages|node_modules)\//, '').replace('/dist/', '/');
  const name = functionName || '(anonymous)';
  return file === '' ? name : `${name} (${file}:${lineNumber + 1})`;
}
