import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paced } from '@login-policy/testkit';
import { openStore } from '../open-store.js';
import type { ProofOptions, Proof } from '../proof.js';
import type { Attack, AttackContext } from './attack.js';
import { sendRequest, anyCallerOf, signIn } from './callers.js';
import { fill, OURS, ROOT } from './fixtures.js';
import { Chance } from './chance.js';
import { frames } from './frames.js';
import { http1, silence } from './http1.js';
import { http2 } from './http2.js';
import { MemoryLimit, Target } from './target.js';
import { patientApi, TARGETS, type CommandFor } from './targets.js';
import { makeTokens, type Tokens } from './tokens.js';
import { leaveUnread } from './unread.js';
import { AnswerCheck } from './answer-check.js';

/** The number of concurrent connections. */
const AT_ONCE = 100;
/** Frequent attacks are listed several times. */
const ATTACKS: readonly Attack[] = [
  ...[http1, http1, http1, http1, http1],
  ...[http2, http2, http2],
  ...[frames, frames],
];
/** The time-out of an attack. */
const LONGEST_MS = 60_000;
/** The rounds between two memory checks, during which nothing else runs. */
const ROUNDS_PER_CHECK = 10;
/** Strangers, neighbours and forgers against the servers with their usual options, each in its own process. */
export const attacks: Proof = {
  name: 'api-attacks',
  promise:
    'whatever a client sends to a port, no server ends, no answer is a defect, no refused request writes, no caller gets ' +
    'data of another instance, memory is bounded, and the next client is served',
  rounds: 3,
  prove,
};

/** A server with the default limits of a port, and a long history. */
async function attackUnread(keys: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'login-policy-proof-'));
  try {
    let count = 0;
    await leaveUnread(async () => {
      const storeUrl = `sqlite:${join(folder, `${count++}.db`)}`;
      await fill(storeUrl);
      return Target.start(patientApi({ folder, storeUrl, keys }));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prove(options: ProofOptions): Promise<Readonly<Record<string, number>>> {
  const tokens = await makeTokens();
  const seen: Record<string, number> = { servers: 0 };
  try {
    await attackUnread(tokens.keys);
    for (const [name, commandFor] of Object.entries(TARGETS)) {
      const figures = await attackServer(commandFor, { options, tokens }).catch((caught: unknown) => {
        throw new Error(`${name}: ${String(caught)}`, { cause: caught });
      });
      seen['servers'] = (seen['servers'] ?? 0) + 1;
      for (const [what, count] of Object.entries(figures)) seen[what] = Math.max(0, seen[what] ?? 0) + count;
    }
  } finally {
    tokens.close();
  }
  return seen;
}

interface AttackOptions {
  readonly options: ProofOptions;
  readonly tokens: Tokens;
}

/** Attacks one server that is started for it. */
async function attackServer(
  commandFor: CommandFor,
  { options, tokens }: AttackOptions,
): Promise<AnswerCheck['figures']> {
  const folder = await mkdtemp(join(tmpdir(), 'login-policy-proof-'));
  const storeUrl = `sqlite:${join(folder, 'store.db')}`;
  await fill(storeUrl);
  const target = await Target.start(await commandFor({ folder, storeUrl, keys: tokens.keys }));
  const log = await openStore(storeUrl);
  try {
    const anyCaller = anyCallerOf(tokens, await signIn(target.port));
    const on = { port: target.port, anyCaller, check: new AnswerCheck() };
    const memory = new MemoryLimit(target);
    for (let number = 0; number < options.rounds; number++) {
      await round({ ...on, chance: new Chance(options.seed * 7919 + number) });
      await demandServed(target);
      await on.check.checkLog(log.eventStore);
      if (number % ROUNDS_PER_CHECK === 0 || number === options.rounds - 1) await memory.check();
    }
    await demandEnded(target, { ...on, chance: new Chance(options.seed) });
    return on.check.figures;
  } finally {
    await target.kill();
    await log.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function round(on: AttackContext): Promise<void> {
  const { chance } = on;
  const running = Array.from({ length: AT_ONCE }, () =>
    chance.pick(ATTACKS)({ ...on, chance: new Chance(chance.below(2 ** 31)) }),
  );
  if (chance.oneIn(5)) running.push(silence(on));
  await withTimeout(Promise.all(running));
}

/** @throws Error when something does not end that always should. */
async function withTimeout(attacking: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error('an attack did not end')), paced(LONGEST_MS));
  });
  await Promise.race([attacking, timedOut]).finally(() => clearTimeout(timer));
}

/** The next honest client is served, and gets its own data. */
async function demandServed(target: Target): Promise<void> {
  target.demandAlive();
  const authorization = `Bearer ${ROOT.token}`;
  const { status, text } = await sendRequest(target.port, {
    path: '/admin/v1/policies/login/history?limit=1',
    headers: { host: OURS.host, authorization },
  });
  if (status !== 200 || !text.includes(OURS.secret)) throw new Error(`a fresh client was answered ${status} ${text}`);
}

/** The server ends properly, also during an attack. */
async function demandEnded(target: Target, on: AttackContext): Promise<void> {
  const [code] = await Promise.all([target.end(), round(on)]);
  if (code !== 0) throw new Error(`it ended with ${String(code)} when it was asked to`);
}
