import { isFault, type Store } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from '../double/double.js';
import { uuidOf } from '../uuids.js';
import { FaultFollower } from './follower.js';
import { Random } from './random.js';
import { CATEGORY, TIMEOUTS, writeAll, type Ledger } from './workload.js';

/** What a script has to work with. */
export interface FaultRun {
  readonly double: Double;
  readonly random: Random;
  readonly store: Store;
  /** Whether the writers are done. */
  readonly isDone: () => boolean;
}

/** What goes wrong in a run, and what else is to be seen of it. */
export interface FaultScript {
  /** Before anything is written. */
  arrange?(run: FaultRun): void;
  /** While the writers write. */
  meanwhile?(run: FaultRun): Promise<void>;
  /** After all of it is there. */
  afterwards?(run: FaultRun, ledger: Ledger): Promise<void> | void;
}

/** How often each script is run; `npm run proofs` says more. */
const RUNS = Number(process.env['PROOF_ROUNDS'] ?? 1);

/**
 * Makes tests of a script, each with a seed of its own in its title; `npm run proofs -- eventstoredb-faults --seed N`
 * runs one again. Each holds that no promise stays pending or rejects unheard, that each acknowledged append is in the
 * log exactly once and no refused one ever is, and that the follower was handed all of it, in order, once.
 */
export function itSurvives(title: string, script: FaultScript): void {
  for (let run = 0; run < RUNS; run++) {
    const seed = Number(process.env['PROOF_SEED'] ?? Math.floor(Math.random() * 2 ** 32)) + run;
    for (const scheme of ['esdb', 'kurrentdb'])
      it(`${title} (${scheme}, seed ${seed})`, () => survive(script, scheme, new Random(seed)));
  }
}

async function survive(script: FaultScript, scheme: string, random: Random): Promise<void> {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): number => unheard.push(reason);
  process.on('unhandledRejection', hear);
  const double = await Double.startBehindWire();
  const store = connectEventStoreDb(double.url.replace('esdb', scheme), { timeouts: TIMEOUTS });
  try {
    await runScript(script, { double, random, store });
    await closeInTime(store);
    await untilNoCallIsOpen(double);
  } finally {
    await store.close();
    await double.stop();
    process.off('unhandledRejection', hear);
  }
  expect(unheard).to.deep.equal([]);
}

async function runScript(script: FaultScript, parts: Omit<FaultRun, 'isDone'>): Promise<void> {
  const { store, double, random } = parts;
  let isDone = false;
  const run: FaultRun = { ...parts, isDone: () => isDone };
  script.arrange?.(run);
  const follower = new FaultFollower(store.eventStore);
  const meanwhile = script.meanwhile?.(run);
  // What it rejects with is met where it is awaited.
  meanwhile?.catch(() => undefined);
  const ledger = await writeAll(store.eventStore, random).finally(() => {
    isDone = true;
  });
  await meanwhile;
  await demandOnce(double, ledger);
  const { length } = recordsOf(double);
  await follower.untilCount(length);
  expect(follower.events.map(({ id }) => uuidOf(id))).to.deep.equal(recordsOf(double).map(({ id }) => id));
  await follower.untilCaughtUp(follower.events.at(-1)?.position ?? follower.caughtUp);
  await script.afterwards?.(run, ledger);
  await follower.leave();
}

/** Each command once, as a whole, in its stream; nothing that was refused. */
async function demandOnce(double: Double, ledger: Ledger): Promise<void> {
  // What is still on its way inside the server gets time to arrive before it is said that it never did.
  await sleep(50);
  const there = recordsOf(double);
  const commands = there.map(({ data }) => {
    const { command, part } = JSON.parse(Buffer.from(data).toString('utf8'));
    return `${command}/${part}`;
  });
  const wanted = ledger.done.flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, part) => `${name}/${part}`),
  );
  expect(commands.toSorted()).to.deep.equal(wanted.toSorted());
  const ids = new Map(there.map((record) => [record.id, record]));
  for (const event of ledger.acknowledged) {
    const record = ids.get(uuidOf(event.id));
    expect(record?.revision).to.equal(event.revision);
    expect((record?.position ?? 0n) * (2n ** 64n + 1n)).to.equal(ordinalOf(event.position));
  }
  for (const id of ledger.refused) expect(ids.has(uuidOf(id)), `${id} was refused and is there`).to.equal(false);
}

function recordsOf({ log }: Double): Double['log']['records'] {
  return log.records.filter(({ streamName, type }) => streamName.startsWith(`${CATEGORY}-`) && !type.startsWith('$'));
}

async function closeInTime(store: Store): Promise<void> {
  const begun = performance.now();
  await store.close();
  expect(performance.now() - begun).to.be.lessThan(TIMEOUTS.closeMs + paced(5000));
  const refused = await store.eventStore.head().catch((error: unknown) => error);
  expect(isFault(refused, 'store-closed')).to.equal(true);
}

async function untilNoCallIsOpen(double: Double): Promise<void> {
  const began = performance.now();
  while (double.openCalls > 0 && performance.now() - began < paced(10_000)) await sleep(5);
  expect(double.openCalls, 'calls left open on the server').to.equal(0);
}
