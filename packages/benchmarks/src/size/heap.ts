import { openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { AT_ONCE, EVENTS_OF_COURSE, runConcurrently, organization } from '../workload/course.js';
import { randomHistories } from '../workload/histories.js';
import { sqlite } from '../workload/kinds.js';
import { runCommand, CATCH_UP_WAIT, seedOurs, seedReady, withPolicies } from '../workload/ours.js';

// Prints the heap bytes of one item of a kind, in its own process.
const [work = '', path = '', countText = ''] = process.argv.slice(2);
const count = Number(countText);
const numbers = Array.from({ length: count }, (_, number) => number);
const WORKS: Readonly<Record<string, () => Promise<number>>> = {
  'a policy that was read, its row kept': () => memoryPerPolicy(read),
  'a policy that was changed, its row and state kept': () =>
    memoryPerPolicy((policies, policy) => runCommand(policies, { policy, step: 1 })),
  'an event in the memory store': async () => (await inMemory()).event,
  'a row in the memory store': async () => (await inMemory()).row,
};
console.log(await WORKS[work]?.());

async function read(policies: LoginPolicies, policy: number): Promise<void> {
  orThrow(await policies.policy(organization(policy)));
}

/** The memory that remains in use after work on each policy, per policy. */
async function memoryPerPolicy(use: (policies: LoginPolicies, policy: number) => Promise<void>): Promise<number> {
  await seedReady(sqlite, path, randomHistories(count, 4));
  return withPolicies(sqlite, path, async (policies) => {
    const before = await heap();
    await runConcurrently(numbers, AT_ONCE, (policy) => use(policies, policy));
    return ((await heap()) - before) / count;
  });
}

async function inMemory(): Promise<{ readonly event: number; readonly row: number }> {
  const appends = randomHistories(count, EVENTS_OF_COURSE);
  const store = openMemoryStore();
  const before = await heap();
  await seedOurs(store, appends);
  const seeded = await heap();
  const policies = await openLoginPolicies({ store });
  await policies.readModel.ready(CATCH_UP_WAIT);
  const row = ((await heap()) - seeded) / count;
  await policies.close();
  return { event: (seeded - before) / (count * EVENTS_OF_COURSE), row };
}

/** The heap in use after a garbage collection. */
async function heap(): Promise<number> {
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
