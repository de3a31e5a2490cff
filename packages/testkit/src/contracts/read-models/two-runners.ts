import {
  type EventStore,
  isFault,
  openMemoryStore,
  position,
  ProjectionRunner,
  revision,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { NewEvent, ReadModel, ReadModelStore } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { rowUnder } from '../../row-under.js';
import {
  COUNTER_CATEGORY,
  counterEvents,
  countersInOrder,
  type CounterEvent,
  type CounterRow,
} from '../../samples/counter.js';
import { sequentialIds } from '../../sequential-ids.js';
import type { Suite } from '../contract.js';
import { yieldToLoop, eventually, within } from '../waiting.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { hasSucceeded, outcomeOf } from '../refusals.js';
import { change, demandModel, openTwice, step, tally, type Tally } from './tally.js';

const STEPS = 20;
const STREAMS = 100;
const BY = { actor: 'tester', correlationId: 'contract' };

/** What holds when two runners update the same read model. */
export const twoRunners: Suite<OpenedReadModelStore> = {
  title: 'two runners on one read model',
  guarantees: {
    'that commit the same step at once: one succeeds': commitItOnce,
    'that commit in turn lose no step and repeat none': loseNothing,
    'that reduce the same log reduce each event once, and neither stops': reduceOnce,
    'show a reader the rows and checkpoint of one step, never of two': showOneStep,
  },
};

async function commitItOnce(subject: OpenedReadModelStore): Promise<void> {
  const models = await openTwice(subject);
  await step(models[0], [undefined, 1], change({}));
  const calls = Array.from({ length: 16 }, (_, index) => {
    const rows = change({ winner: tally({ total: BigInt(index) }), [`row-${index}`]: tally() });
    return outcomeOf(step(models[index % 2] ?? models[0], [1, 2 + index], rows));
  });
  const outcomes = await Promise.all(calls);
  for (const outcome of outcomes) {
    if (!hasSucceeded(outcome) && !isFault(outcome.error, 'checkpoint-conflict')) throw outcome.error;
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

/** Adds one, a number of times, and retries a step when the other runner was first. */
async function takeSteps(model: ReadModel<Tally>): Promise<number> {
  let taken = 0;
  while (taken < STEPS) {
    const expected = await model.checkpoint();
    const before = await rowUnder(model, 'sum');
    const row = tally({ total: (before?.total ?? 0n) + 1n });
    const next = position((expected ?? 0n) + 1n);
    const outcome = await outcomeOf(model.commit({ expected, checkpoint: next, rows: change({ sum: row }) }));
    if (hasSucceeded(outcome)) taken += 1;
    else if (!isFault(outcome.error, 'checkpoint-conflict')) throw outcome.error;
    await yieldToLoop();
  }
  return taken;
}

/**
 * Three runners on two handles, while new streams appear. One of them restarts again and again, as a newly opened one
 * does.
 */
async function reduceOnce(subject: OpenedReadModelStore): Promise<void> {
  const { clock, eventStore } = openMemoryStore();
  const other = await subject.another();
  const ending = new AbortController();
  const runners: ProjectionRunner<CounterEvent, CounterRow>[] = [];
  const run = async (readModels: ReadModelStore, follows?: 'on-demand'): Promise<(typeof runners)[number]> => {
    const store = { eventStore, readModels, readModelUpdates: 'followed', clock } as const;
    const runner = await ProjectionRunner.open({ store, projection: countersInOrder, pageSize: 3, follows });
    runners.push(runner);
    return runner;
  };
  const hasStopped = (): boolean => runners.some(({ state }) => state.is === 'stopped');
  const nextId = sequentialIds();
  try {
    for (const handle of [subject.readModels, other, other]) await run(handle);
    for (let round = 0; round < STREAMS; round++) {
      await countTwice(eventStore, streamId(COUNTER_CATEGORY, String(round)), nextId);
      if (round % 10 === 0) {
        const late = await run(other, 'on-demand');
        await within('a runner that catches up', late.catchUp(ending.signal));
      }
      await yieldToLoop();
    }
    const [model, head] = [await subject.readModels.open(countersInOrder), await eventStore.head()];
    await eventually('the head', async () => (await model.checkpoint()) === head || hasStopped());
    demandSame({ what: 'one that stopped', actual: hasStopped(), expected: false });
  } finally {
    ending.abort();
    await Promise.all(runners.map((runner) => runner.close()));
  }
  const model = await subject.readModels.open(countersInOrder);
  for (let round = 0; round < STREAMS; round++) {
    const row = await rowUnder(model, `${COUNTER_CATEGORY}-${round}`);
    demandSame({ what: `total ${round}`, actual: row?.total, expected: 2 });
  }
}

async function countTwice(eventStore: EventStore, stream: StreamId, nextId: () => NewEvent['id']): Promise<void> {
  for (const expected of ['no-stream', revision(0)] as const) {
    const event = { ...counterEvents.encode({ type: 'Counted', data: { by: 1 } }), id: nextId(), metadata: BY };
    await eventStore.append({ streamId: stream, expected, events: [event] });
  }
}

async function showOneStep(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const writing = { isDone: false };
  const write = async (): Promise<void> => {
    for (let at = 1; at <= 40; at++) {
      const row = tally({ total: BigInt(at) });
      await step(model, [at === 1 ? undefined : at - 1, at], change({ a: row, b: row }));
      await yieldToLoop();
    }
  };
  const read = async (): Promise<void> => {
    while (!writing.isDone) {
      const { rows, checkpoint } = await other.read(['a', 'b']);
      const [left, right] = [rows.get('a')?.total ?? 0n, rows.get('b')?.total ?? 0n];
      if (left !== right) fail(`one row is of step ${left}, the other of step ${right}`);
      if (left !== (checkpoint ?? 0n)) fail(`rows of step ${left} were handed out as of checkpoint ${checkpoint}`);
      await yieldToLoop();
    }
  };
  const writer = write().finally(() => {
    writing.isDone = true;
  });
  await Promise.all([writer, read()]);
  await demandModel(other, 40, { a: tally({ total: 40n }), b: tally({ total: 40n }) });
}
