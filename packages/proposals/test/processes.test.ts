import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freshInstance, orThrow } from '@login-policy/domain';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { accepted, INSTANCE } from './bench.js';
import { openAt, type Opened, type StoreAddress } from './opened.js';
import { KINDS, TestStores } from './test-stores.js';

const PROGRAM = fileURLToPath(new URL('timer-process.js', import.meta.url));
/** More in `npm run proofs -- proposals`. */
const ROUNDS = Number(process.env['PROOF_ROUNDS'] ?? 10);
/** Rows that EventStoreDB keeps in PostgreSQL are left to the proof. */
const TRIED = KINDS.filter((kind) => process.env['PROOF_ROUNDS'] !== undefined || !kind.endsWith('rows in PostgreSQL'));
const PROCESSES = 3;
const SEED = Number(process.env['PROOF_SEED'] ?? Date.now() % 1_000_000);

/** Keeps so many processes with a timer at work, and kills one of them now and then. */
class Killer {
  readonly #address: StoreAddress;
  readonly #children = new Set<ChildProcess>();
  #isEnding = false;
  kills = 0;

  constructor(address: StoreAddress) {
    this.#address = address;
    for (let index = 0; index < PROCESSES; index++) this.#spawn();
  }

  #spawn(): void {
    const { url, part = '', rows = '' } = this.#address;
    const words = [PROGRAM, url, part, rows];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#children.add(child);
    child.once('exit', () => {
      this.#children.delete(child);
      if (!this.#isEnding) this.#spawn();
    });
  }

  killOne(): void {
    const [child] = this.#children;
    if (child?.kill('SIGKILL') === true) this.kills++;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    const ends = [...this.#children].map((child) => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      return ended;
    });
    await Promise.all(ends);
  }
}

/** Long enough that a process comes up between two kills, also where it first reads the whole log. */
const IN_FORCE_MS = 5000;

/** Proposes a change of an organization's policy, and approves it. */
async function approved({ policies, proposals }: Opened, round: number): Promise<string> {
  const owner = { ...INSTANCE, organizationId: `org-${round}` };
  orThrow(await policies.customize(owner, { actor: 'setup' }));
  const { seen = '' } = orThrow(await policies.policy(owner));
  const command = { type: 'removeSecondFactor', factor: 'TOTP' } as const;
  const by = { actor: 'ann', reason: 'round', until: new Date(Date.now() + IN_FORCE_MS) };
  const change = { type: 'command', owner, command, seen } as const;
  const { id } = accepted(await proposals.propose(INSTANCE, change, by)).proposal;
  const found = await proposals.proposal(INSTANCE, id);
  const now = found.outcome === 'found' && found.now !== undefined && 'seen' in found.now ? found.now.seen : [];
  accepted(await proposals.approve(INSTANCE, id, { actor: 'bob', seen: now }));
  return id;
}

/** Each due change is carried out and taken back once, whatever was killed. */
async function roundsAt(address: StoreAddress): Promise<void> {
  const opened = await openAt(address);
  const killer = new Killer(address);
  try {
    orThrow(await opened.policies.add(INSTANCE, freshInstance, { actor: 'setup' }));
    const ids: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ids.push(await approved(opened, round));
      await pause((SEED * (round + 7)) % 120);
      if (round % 2 === 0) killer.killOne();
    }
    for (const deadline = Date.now() + paced(60_000 + ROUNDS * 100); Date.now() < deadline; await pause(200)) {
      const waiting = await opened.proposals.list(INSTANCE, { which: 'waiting' });
      if (waiting.outcome === 'found' && waiting.proposals.length === 0) break;
      if (killer.kills < ROUNDS) killer.killOne();
    }
    await demandEachOnce(opened, ids);
  } finally {
    await killer.end();
    await opened.close();
  }
}

async function demandEachOnce({ policies, proposals }: Opened, ids: readonly string[]): Promise<void> {
  let ended = 0;
  for (const [round, id] of ids.entries()) {
    const found = await proposals.proposal(INSTANCE, id);
    const stage = found.outcome === 'found' ? found.proposal.stage : undefined;
    // On a machine that is busy for seconds, all of its time may pass before anybody runs.
    const isMissed = stage === 'expired';
    expect(isMissed ? 'ended' : stage, `seed ${SEED}, round ${round}`).to.equal('ended');
    if (!isMissed) ended++;
    const owner = { ...INSTANCE, organizationId: `org-${round}` };
    const own = orThrow(await policies.history(owner)).entries.filter(({ actor }) => actor === 'ann');
    const wanted = isMissed ? [] : ['SecondFactorRemoved', 'SecondFactorAdded'];
    expect(own.map(({ type }) => type)).to.deep.equal(wanted);
  }
  // Half of them, on a quiet machine.
  expect(ended).to.be.at.least(ROUNDS / paced(2));
}

describe('three processes with a timer, killed now and then', () => {
  for (const kind of TRIED)
    it(`carry out and take back each due change once, on ${kind}`, async () => {
      const stores = await TestStores.start(kind);
      try {
        await roundsAt(stores.unused);
      } finally {
        await stores.stop();
      }
    });
});
