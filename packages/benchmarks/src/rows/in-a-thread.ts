import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { openLoginPolicies, type LoginPolicies } from '@login-policy/domain';
import { type EventStore, openMemoryStore } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { plainEvent, type Decision } from '../raw/raw-driver.js';
import { policyAfter } from '../workload/course.js';

const PROGRAM = new URL('./writer-thread.js', import.meta.url);

/**
 * Runs work on our login policies in memory, with a thread that writes every append to SQLite before it is answered.
 * This is the upper bound for a writer in a thread, because nothing is read, checked or settled there.
 */
export async function withWriterThread<Result>(
  path: string,
  work: (policies: LoginPolicies) => Promise<Result>,
): Promise<Result> {
  const store = openMemoryStore();
  const thread = new Worker(PROGRAM, { workerData: path });
  const policies = await openLoginPolicies({ store: { ...store, eventStore: writtenBy(thread, store.eventStore) } });
  try {
    return await work(policies);
  } finally {
    await policies.close();
    await store.close();
    await thread.terminate();
  }
}

function writtenBy(thread: Worker, inner: EventStore): EventStore {
  // A row of typical length; its content does not matter.
  const policy = policyAfter(4);
  let waiting: Decision[] = [];
  let written: Promise<unknown> = Promise.resolve();
  let next: Promise<unknown> | undefined;
  const writeNext = async (): Promise<void> => {
    await Promise.all([written, nextTurn()]);
    const group = waiting;
    [waiting, next] = [[], undefined];
    written = once(thread, 'message');
    thread.postMessage(group);
    await written;
  };
  return delegating(inner, {
    async append(append) {
      const recorded = await inner.append(append);
      const events = append.events.map(({ type, data }) => plainEvent(type, data));
      waiting.push({ stream: append.streamId, revision: Number(recorded[0]?.revision ?? 0), events, policy });
      next ??= writeNext();
      await next;
      return recorded;
    },
  });
}
