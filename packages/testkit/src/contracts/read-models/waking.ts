import { position, type ReadModel } from '@login-policy/event-sourcing';
import { demandSame } from '../../demand.js';
import type { Theme } from '../contract.js';
import { breathe, eventually, within } from '../patience.js';
import type { OpenedReadModelStore } from '../read-model-store-contract.js';
import { change, demandModel, openTallies, openTwice, step, tally, type Tally } from './tally.js';

const ROUNDS = 20;

/** What is promised to who waits for a read model to move. */
export const waking: Theme<OpenedReadModelStore> = {
  title: 'waiting for a read model',
  promises: {
    'ends after a commit in this process': endsAfterCommit,
    'ends after a commit through another handle': endsAfterOthersCommit,
    'ends after a rebuild took the place': endsAfterRebuild,
    'ends after a short while in any case': endsAnyway,
    'ends when the signal fires, or has fired before': endsBySignal,
    'ends for all who wait': endsForAll,
  },
};

async function endsAfterCommit(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await followSteps(model, model);
}

async function endsAfterOthersCommit(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await followSteps(model, other);
}

async function endsAfterRebuild(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  const copy = await other.beginRebuild();
  const waiting = Promise.all([model, other].map((reader) => awaitStep(reader, 2n)));
  await copy.switchOver({ expected: undefined, checkpoint: position(2), rows: change({}) });
  await waiting;
  await demandModel(model, 2, { a: undefined });
}

async function endsAnyway(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  await within('the wait for nothing', model.changed(new AbortController().signal));
  await demandModel(model, 1, { a: tally() });
}

async function endsBySignal(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  await within('a wait given up before', model.changed(AbortSignal.abort()));
  const control = new AbortController();
  const waiting = model.changed(control.signal);
  control.abort();
  await within('a wait given up', waiting);
  await step(model, [1, 2], change({}));
  await demandModel(model, 2, { a: tally() });
}

async function endsForAll(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const readers = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? model : other));
  const waiting = Promise.all(readers.map((reader) => awaitStep(reader, 1n)));
  await breathe();
  await step(model, [undefined, 1], change({ a: tally() }));
  await waiting;
  demandSame({ what: 'row', actual: await other.get('a'), expected: tally() });
}

/** One commits step after step, the other waits for each. */
async function followSteps(writer: ReadModel<Tally>, reader: ReadModel<Tally>): Promise<void> {
  for (let at = 1; at <= ROUNDS; at++) {
    const waiting = awaitStep(reader, BigInt(at));
    await breathe();
    await step(writer, [at === 1 ? undefined : at - 1, at], change({ a: tally({ total: BigInt(at) }) }));
    await waiting;
  }
  await demandModel(reader, ROUNDS, { a: tally({ total: BigInt(ROUNDS) }) });
}

/** Waits as a reader does: asks to be woken, looks, and goes to sleep if it is not there yet. */
async function awaitStep(model: ReadModel<Tally>, checkpoint: bigint): Promise<void> {
  const control = new AbortController();
  try {
    await eventually(`the checkpoint ${checkpoint}`, async () => {
      const change = model.changed(control.signal);
      if (((await model.checkpoint()) ?? -1n) >= checkpoint) return true;
      await change;
      return false;
    });
  } finally {
    control.abort();
  }
}
