import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLoginPolicies, orThrow } from '@login-policy/domain';
import type { Store } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { treeHead, type GrowingTreeHead } from '@login-policy/witness';
import { SIGNER } from '../histories.js';
import { withPostgresStore } from '../servers.js';

// What a tree head costs: the same log read bare, and read and hashed, in turns; and a tree head after 1,000 new events.
const [ORGANIZATIONS, CHANGES, NEW, TURNS] = [200, 50, 1000, 15];

async function write(store: Store, from: number, count: number): Promise<void> {
  await using policies = await openLoginPolicies({ store });
  const options = { actor: '253178453', reason: 'ticket 4711' };
  if (from === 0) orThrow(await policies.set({ instanceId: 'iam' }, {}, options));
  await Promise.all(
    Array.from({ length: ORGANIZATIONS }, async (_, at) => {
      const organization = { instanceId: 'iam', organizationId: `org-${at}` };
      if (from === 0) orThrow(await policies.customize(organization, options));
      for (let change = from; change < from + count; change++)
        orThrow(await policies.change(organization, { lifetimes: { passwordCheck: `PT${change + 1}M` } }, options));
    }),
  );
}

async function readBare({ eventStore }: Store): Promise<number> {
  let count = 0;
  for await (const page of eventStore.readAll({ pageSize: 1000 })) count += page.length;
  return count;
}

async function headOf({ eventStore }: Store, previous?: GrowingTreeHead): Promise<GrowingTreeHead> {
  const answer = await treeHead(eventStore, { signer: SIGNER, ...(previous && { previous }) });
  if (answer.outcome !== 'signed') throw new Error(answer.outcome);
  return answer.treeHead;
}

/** The time of the wall and of this process's processors, in ms. */
async function timed(work: () => Promise<unknown>): Promise<readonly [number, number]> {
  const [began, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { system, user } = process.cpuUsage(used);
  return [performance.now() - began, (system + user) / 1000];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function measure(name: string, store: Store): Promise<void> {
  await write(store, 0, CHANGES);
  const best = { bare: [Infinity, Infinity], hashed: [Infinity, Infinity] };
  const first = await headOf(store);
  for (let turn = 0; turn < TURNS; turn++) {
    const bare = await timed(() => readBare(store));
    const hashed = await timed(() => headOf(store));
    for (const at of [0, 1] as const) {
      best.bare[at] = Math.min(best.bare[at] ?? 0, bare[at]);
      best.hashed[at] = Math.min(best.hashed[at] ?? 0, hashed[at]);
    }
  }
  const per = ([ms = 0]: readonly number[]): string => ((ms * 1000) / first.size).toFixed(2);
  const share = (at: 0 | 1): string => ((best.bare[at] ?? 0) / (best.hashed[at] ?? 1)).toFixed(2);
  print(`${name}: ${first.size} events; µs an event, bare ${per(best.bare)}, read and hashed ${per(best.hashed)}`);
  print(`  bare ÷ hashed: ${share(0)} by the wall, ${share(1)} by processor`);
  await write(store, CHANGES, NEW / ORGANIZATIONS);
  const [all] = await timed(() => headOf(store));
  const [onlyNew] = await timed(() => headOf(store, first));
  print(`  a tree head after ${NEW} new events: ${onlyNew.toFixed(1)} ms, from the first event ${all.toFixed(1)} ms`);
}

const folder = await mkdtemp(join(tmpdir(), 'witness-'));
try {
  await using store = await openSqliteStore({ path: join(folder, 'iam.db'), durability: 'normal' });
  await measure('SQLite', store);
} finally {
  await rm(folder, { recursive: true });
}
await withPostgresStore((store) => measure('PostgreSQL', store));
