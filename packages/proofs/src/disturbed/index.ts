import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freshInstance, openLoginPolicies } from '@login-policy/domain';
import type { EventStore } from '@login-policy/event-sourcing';
import { openStore } from '../open-store.js';
import { randomFrom, type Proof, type ProofOptions } from '../proof.js';
import { demandRowsMatchLog } from '../rows-match-log.js';
import { withServerOf } from '../with-server.js';
import { Processes } from './processes.js';
import type { Acknowledgement } from './working.js';

const instance = { instanceId: 'proof' };
const LONGEST_FREEZE_MS = 4000;
const LONGEST_QUIET_MS = 400;

/** Four processes that are killed and frozen at random, on each store; SQLite's file is restored at times. */
export const disturbed: Proof = {
  name: 'disturbed',
  promise:
    'four processes on one store are killed, frozen and started again, and a backup is restored: no acknowledged command is lost or carried out twice, each is read by all, and at the end the rows equal the fold. PROOF_NODES names the Nodes that they run on',
  rounds: 4,
  async prove(options) {
    const folder = await mkdtemp(join(tmpdir(), 'login-policy-proof-'));
    try {
      const configured = process.env['PROOF_STORE'];
      if (configured !== undefined) return await proveOn(configured, options);
      await mkdir(join(folder, 'log'));
      const onSqlite = await proveOn(`sqlite:${join(folder, 'log', 'store.db')}`, options, new Backup(folder));
      const onPostgres = await withServerOf('store-postgres', (url) => proveOn(url, options));
      const onDouble = await withServerOf('store-eventstoredb', (url) => proveOn(url, options));
      return {
        ...named('SQLite', onSqlite),
        ...named('PostgreSQL', onPostgres),
        ...named('the double of EventStoreDB', onDouble),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Figures = Readonly<Record<string, number>>;

function named(store: string, figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, figure]) => [`${name} on ${store}`, figure]));
}

async function proveOn(url: string, { rounds, seed }: ProofOptions, backup?: Backup): Promise<Figures> {
  const random = randomFrom(seed);
  await addDefault(url);
  const processes = new Processes(url, random);
  const done = { kills: 0, freezes: 0, backups: 0, restores: 0 };
  try {
    for (let round = 0; round < rounds; round++) {
      processes.start();
      await pause(300 + random() * LONGEST_QUIET_MS);
      const disturbance = await disturb(processes, random, backup);
      done[disturbance] += 1;
      processes.demandWell();
    }
    processes.start();
    await pause(LONGEST_QUIET_MS);
    await processes.finish();
  } finally {
    await processes.killAll();
  }
  const commands = processes.acknowledged.length;
  return { ...done, commands, policies: await demandWhole(url, processes) };
}

async function disturb(
  processes: Processes,
  random: () => number,
  backup: Backup | undefined,
): Promise<'kills' | 'freezes' | 'backups' | 'restores'> {
  const chance = random();
  if (backup !== undefined && chance < 0.2) return backup.makeOrRestore(processes);
  if (chance >= 0.6) {
    await processes.kill();
    return 'kills';
  }
  await processes.freeze(random() * LONGEST_FREEZE_MS);
  return 'freezes';
}

async function addDefault(url: string): Promise<void> {
  const store = await openStore(url);
  const policies = await openLoginPolicies({ store });
  await policies.add(instance, freshInstance, { actor: 'proof' });
  await policies.close();
  await store.close();
}

/** A copy of SQLite's files, made while no process runs. */
class Backup {
  readonly #folder: string;
  #acknowledged: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes a backup, and the next time restores it. */
  async makeOrRestore(processes: Processes): Promise<'backups' | 'restores'> {
    await processes.killAll();
    const [log, copy] = [join(this.#folder, 'log'), join(this.#folder, 'copy')];
    const [from, to] = this.#acknowledged === undefined ? [log, copy] : [copy, log];
    await rm(to, { recursive: true, force: true });
    await cp(from, to, { recursive: true });
    if (this.#acknowledged === undefined) {
      this.#acknowledged = processes.acknowledged.length;
      return 'backups';
    }
    processes.acknowledged.length = this.#acknowledged;
    this.#acknowledged = undefined;
    return 'restores';
  }
}

/** Checks the log against what was acknowledged, and the rows against the log. Returns the number of policies. */
async function demandWhole(url: string, { acknowledged }: Processes): Promise<number> {
  const store = await openStore(url);
  const policies = await openLoginPolicies({ store });
  try {
    await demandOnce(store.eventStore, acknowledged);
    return await demandRowsMatchLog(policies, instance);
  } finally {
    await policies.close();
    await store.close();
  }
}

async function demandOnce(eventStore: EventStore, acknowledged: readonly Acknowledgement[]): Promise<void> {
  const revisions = new Map<string, bigint>();
  const byKey = new Map<string, { readonly ids: Set<string>; sequence: bigint }>();
  for await (const page of eventStore.readAll())
    for (const { streamId, revision, metadata, append, id } of page) {
      const before = revisions.get(streamId);
      if (revision !== (before ?? -1n) + 1n) throw new Error(`${streamId} has a gap before revision ${revision}`);
      revisions.set(streamId, revision);
      if (metadata.idempotencyKey === undefined) continue;
      const found = byKey.get(metadata.idempotencyKey) ?? { ids: new Set<string>(), sequence: 0n };
      if (append === undefined || append.place === 1) found.ids.add(id);
      found.sequence = revision + 1n;
      byKey.set(metadata.idempotencyKey, found);
    }
  for (const [key, { ids }] of byKey) if (ids.size > 1) throw new Error(`${key} was carried out ${ids.size} times`);
  for (const { key, sequence } of acknowledged)
    if (byKey.get(key)?.sequence !== BigInt(sequence))
      throw new Error(`${key} was acknowledged, and is not in the log`);
}
