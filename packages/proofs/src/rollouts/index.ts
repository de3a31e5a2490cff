import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openAuditLog } from '@login-policy/domain/audit';
import { rollOut } from '@login-policy/domain/rollout';
import type { Store } from '@login-policy/event-sourcing';
import { openStore } from '../open-store.js';
import { randomFrom, type ProofOptions, type Proof } from '../proof.js';
import { ADVISORY, INSTANCE, REMOVAL } from './advisory.js';

const ROLLING_OUT = fileURLToPath(new URL('rolling-out.js', import.meta.url));
/** Policies per kill, so that most kills hit an unfinished rollout. */
const POLICIES_PER_ROUND = 100;
const LONGEST_LIFE_MS = 60;

/** One rollout, killed and resumed. */
export const rollouts: Proof = {
  name: 'rollouts',
  promise:
    'a rollout that is killed at random and resumed changes each policy exactly once, and its report says so; an audit log has each event once, in order',
  rounds: 10,
  prove,
};

async function prove(options: ProofOptions): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), 'login-policy-proof-'));
  const url = process.env['PROOF_STORE'] ?? `sqlite:${join(folder, 'store.db')}`;
  try {
    const store = await openStore(url);
    const policies = await openLoginPolicies({ store });
    const count = options.rounds * POLICIES_PER_ROUND;
    await seed(policies, count);
    const { kills, inTheMiddle } = await killAndResume(url, options);
    await demandOnce(store, policies, count);
    await demandAudited(store);
    await policies.close();
    await store.close();
    return { policies: count + 1, kills, 'kills in the middle': inTheMiddle };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function seed(policies: LoginPolicies, count: number): Promise<void> {
  const by = { actor: 'proof' };
  orThrow(await policies.add(INSTANCE, freshInstance, by));
  const numbers = Array.from({ length: count }, (_, number) => number);
  for (let first = 0; first < count; first += 100) {
    const adding = numbers.slice(first, first + 100);
    await Promise.all(
      adding.map((number) => policies.add({ ...INSTANCE, organizationId: `o-${number}` }, freshInstance, by)),
    );
  }
}

/** Kills the rollout once in each round, and then lets it finish. */
async function killAndResume(
  url: string,
  { rounds, seed: from }: ProofOptions,
): Promise<{ kills: number; inTheMiddle: number }> {
  const random = randomFrom(from);
  let inTheMiddle = 0;
  for (let round = 0; round < rounds; round++)
    if ((await run([url, ...(round % 2 === 0 ? ['audited'] : [])], random() * LONGEST_LIFE_MS)) === null)
      inTheMiddle += 1;
  const code = await run([url], undefined);
  if (code !== 0) throw new Error(`the last run ended with ${String(code)}`);
  return { kills: rounds, inTheMiddle };
}

/** The exit code; `null` for a killed process. */
async function run(args: readonly string[], livesMs: number | undefined): Promise<number | null> {
  const child = fork(ROLLING_OUT, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const started = new Promise((resolve) => child.once('message', resolve));
  if (livesMs === undefined) return ended;
  await Promise.race([started, ended]);
  await pause(livesMs);
  child.kill('SIGKILL');
  return ended;
}

async function demandOnce(store: Store, policies: LoginPolicies, count: number): Promise<void> {
  const removals = new Map<string, number>();
  for await (const page of store.eventStore.readAll()) {
    for (const { streamId, type, metadata } of page) {
      if (type !== 'MultiFactorRemoved' || metadata.correlationId !== ADVISORY.id) continue;
      removals.set(streamId, (removals.get(streamId) ?? 0) + 1);
    }
  }
  const twice = [...removals].filter(([, times]) => times !== 1);
  if (twice.length > 0) throw new Error(`${twice.length} policies were changed more than once`);
  if (removals.size !== count + 1) throw new Error(`${removals.size} policies were changed, of ${count + 1}`);
  const { changed, pending, stillAllowing } = orThrow(await rollOut(policies, INSTANCE, REMOVAL, ADVISORY).report());
  if (changed !== count + 1 || pending !== 0 || stillAllowing !== 0)
    throw new Error(`the report says ${changed} changed, ${pending} pending, ${String(stillAllowing)} still allowing`);
}

/** Some of the processes updated the audit log, and some did not. */
async function demandAudited(store: Store): Promise<void> {
  const recorded: string[] = [];
  for await (const page of store.eventStore.readAll()) recorded.push(...page.map(({ id }) => id));
  const auditLog = await openAuditLog({ store });
  const { text } = orThrow(await auditLog.export(INSTANCE, { format: 'json-lines', waitMs: 60_000 }));
  const logged: string[] = [];
  for await (const part of text) logged.push(...[...part.matchAll(/"eventId":"(\w+)"\}\n/g)].map(([, id = '']) => id));
  await auditLog.close();
  if (logged.join() !== recorded.join())
    throw new Error(`the audit log has ${logged.length} events, of ${recorded.length}, or another order`);
}
