import { CheckpointConflict, position, type ReadModel } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Theme } from '../contract.js';
import { breathe } from '../patience.js';
import type { OpenedReadModelStore } from '../read-model-store-contract.js';
import { hasSucceeded, outcomeOf } from '../refusals.js';
import { change, demandModel, openTwice, step, tally, type Tally } from './tally.js';

const STEPS = 20;

/** What holds when two projectors keep the same read model. */
export const twoProjectors: Theme<OpenedReadModelStore> = {
  title: 'two projectors on one read model',
  promises: {
    'that take the same step at once: one takes it': takeItOnce,
    'that take turns lose no step and take none twice': loseNothing,
    'show a reader rows and checkpoint of one step, never of two': showOneStep,
  },
};

async function takeItOnce(subject: OpenedReadModelStore): Promise<void> {
  const models = await openTwice(subject);
  await step(models[0], [undefined, 1], change({}));
  const calls = Array.from({ length: 16 }, (_, index) => {
    const rows = change({ winner: tally({ total: BigInt(index) }), [`row-${index}`]: tally() });
    return outcomeOf(step(models[index % 2] ?? models[0], [1, 2 + index], rows));
  });
  const outcomes = await Promise.all(calls);
  for (const outcome of outcomes) {
    if (!hasSucceeded(outcome) && !(outcome.error instanceof CheckpointConflict)) throw outcome.error;
  }
  demandSame({ what: 'winners', actual: outcomes.filter(hasSucceeded).length, expected: 1 });
  const winner = outcomes.findIndex(hasSucceeded);
  const lost = outcomes.flatMap((_, index) => (index === winner ? [] : [[`row-${index}`, undefined] as const]));
  const expected = { winner: tally({ total: BigInt(winner) }), ...Object.fromEntries(lost) };
  await demandModel(models[0], 2 + winner, { ...expected, [`row-${winner}`]: tally() });
}

async function loseNothing(subject: OpenedReadModelStore): Promise<void> {
  const models = await openTwice(subject);
  const taken = await Promise.all([...models, ...models].map((model) => takeSteps(model)));
  const total = taken.reduce((sum, steps) => sum + steps, 0);
  demandSame({ what: 'steps', actual: total, expected: 4 * STEPS });
  await demandModel(models[0], 4 * STEPS, { sum: tally({ total: BigInt(4 * STEPS) }) });
}

/** Adds one, so many times, and begins a step anew when the other was first. */
async function takeSteps(model: ReadModel<Tally>): Promise<number> {
  let taken = 0;
  while (taken < STEPS) {
    const expected = await model.checkpoint();
    const before = await model.get('sum');
    const row = tally({ total: (before?.total ?? 0n) + 1n });
    const next = position((expected ?? 0n) + 1n);
    const outcome = await outcomeOf(model.commit({ expected, checkpoint: next, rows: change({ sum: row }) }));
    if (hasSucceeded(outcome)) taken += 1;
    else if (!(outcome.error instanceof CheckpointConflict)) throw outcome.error;
    await breathe();
  }
  return taken;
}

async function showOneStep(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const writing = { isDone: false };
  const write = async (): Promise<void> => {
    for (let at = 1; at <= 40; at++) {
      const row = tally({ total: BigInt(at) });
      await step(model, [at === 1 ? undefined : at - 1, at], change({ a: row, b: row }));
      await breathe();
    }
  };
  const read = async (): Promise<void> => {
    while (!writing.isDone) {
      const before = (await other.checkpoint()) ?? 0n;
      const rows = await other.getMany(['a', 'b']);
      const after = (await other.checkpoint()) ?? 0n;
      const [left, right] = [rows.get('a')?.total ?? 0n, rows.get('b')?.total ?? 0n];
      if (left !== right) fail(`one row is of step ${left}, the other of step ${right}`);
      if (left < before || left > after)
        fail(`rows of step ${left} were seen between checkpoints ${before} and ${after}`);
      await breathe();
    }
  };
  const writer = write().finally(() => {
    writing.isDone = true;
  });
  await Promise.all([writer, read()]);
  await demandModel(other, 40, { a: tally({ total: 40n }), b: tally({ total: 40n }) });
}
