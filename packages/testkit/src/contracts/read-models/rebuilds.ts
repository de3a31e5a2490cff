import { position, type ReadModel, type RebuildingModel } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { rowUnder } from '../../row-under.js';
import type { Suite } from '../contract.js';
import { yieldToLoop, eventually } from '../waiting.js';
import type { OpenedReadModelStore } from '../read-model-store-contract.js';
import { hasSucceeded, outcomeOf, refusal } from '../refusals.js';
import { change, demandModel, GROUP, openTwice, step, tallies, tally, type Tally } from './tally.js';

const OLD = tally({ label: 'old', group: 'old' });
const NEW = tally({ label: 'new', group: 'new' });

/** Computing all rows again beside the live ones. */
export const rebuilds: Suite<OpenedReadModelStore> = {
  title: 'a rebuild',
  promises: {
    'begins empty and is kept like any other read model': beginsEmpty,
    'is invisible until it replaces the live rows': isOutOfSight,
    'replaces rows, indexes and checkpoint for every handle': takesThePlace,
    'replaces them atomically: a reader sees all old rows or all new ones': takesItAtOnce,
    'goes on as the live read model': goesOn,
    'begun again begins empty': beginsAgain,
    'also replaces a read model without a first step': replacesNothing,
    'can not replace live rows that are newer, and may catch up': isRefusedWhileBehind,
    'can not replace live rows from an unexpected checkpoint': isRefusedUnexpected,
  },
};

async function beginsEmpty(subject: OpenedReadModelStore): Promise<void> {
  const { live, copy } = await liveAndCopy(subject);
  await demandModel(copy, undefined, { a: undefined, b: undefined });
  demandSame({ what: 'rows', actual: (await copy.query({ index: GROUP, value: 'old' })).rows, expected: [] });
  await refusal(step(copy, [10, 11], change({ a: NEW })), 'checkpoint-conflict');
  await step(copy, [undefined, 3], change({ a: NEW, c: NEW }));
  await step(copy, [3, 4], change({ a: OLD, c: undefined }));
  await demandModel(copy, 4, { a: OLD, b: undefined, c: undefined });
  await demandModel(live, 10, { a: OLD, b: OLD, c: undefined });
}

async function isOutOfSight(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, copy } = await liveAndCopy(subject);
  await step(copy, [undefined, 20], change({ a: NEW, c: NEW, b: undefined }));
  for (const reader of [live, other]) {
    await demandModel(reader, 10, { a: OLD, b: OLD, c: undefined });
    demandSame({ what: 'rows', actual: (await reader.query({ index: GROUP, value: 'new' })).rows, expected: [] });
  }
  await step(live, [10, 11], change({ d: OLD }));
  await demandModel(copy, 20, { a: NEW, b: undefined, c: NEW, d: undefined });
  await demandModel(other, 11, { a: OLD, b: OLD, d: OLD });
}

async function takesThePlace(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, copy } = await liveAndCopy(subject);
  await step(copy, [undefined, 9], change({ a: NEW, d: OLD }));
  await copy.switchOver({ expected: position(9), checkpoint: position(12), rows: change({ c: NEW, d: undefined }) });
  const late = await (await subject.another()).open(tallies());
  for (const reader of [live, other, late]) {
    await demandModel(reader, 12, { a: NEW, b: undefined, c: NEW, d: undefined });
    demandSame({ what: 'old rows', actual: (await reader.query({ index: GROUP, value: 'old' })).rows, expected: [] });
    const found = (await reader.query({ index: GROUP, value: 'new' })).rows;
    demandSame({ what: 'new rows', actual: found.map(({ key }) => key), expected: ['a', 'c'] });
  }
}

async function takesItAtOnce(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, copy } = await liveAndCopy(subject);
  const keys = Array.from({ length: 200 }, (_, index) => `row-${index}`);
  await step(live, [10, 11], new Map(keys.map((key) => [key, OLD])));
  await step(copy, [undefined, 11], new Map(keys.map((key) => [key, NEW])));
  await demandModel(other, 11, { 'row-0': OLD });
  const seen = new Set<string>();
  const switching = { isDone: false };
  const read = async (): Promise<void> => {
    while (!switching.isDone) {
      const labels = new Set([...(await other.read(keys)).rows.values()].map(({ label }) => label));
      if (labels.size !== 1) fail(`a reader saw rows of ${labels.size} generations`);
      for (const label of labels) seen.add(label);
      await yieldToLoop();
    }
  };
  const reader = outcomeOf(read());
  await eventually('a read of the old rows', async () => seen.has('old'));
  await copy.switchOver({ expected: position(11), checkpoint: position(11), rows: change({}) });
  switching.isDone = true;
  const outcome = await reader;
  if (!hasSucceeded(outcome)) throw outcome.error;
  demandSame({ what: 'label', actual: (await rowUnder(other, 'row-0'))?.label, expected: 'new' });
}

async function goesOn(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, copy } = await liveAndCopy(subject);
  await copy.switchOver({ expected: undefined, checkpoint: position(10), rows: change({ a: NEW }) });
  await refusal(step(other, [9, 11], change({ a: OLD })), 'checkpoint-conflict');
  await step(other, [10, 11], change({ b: NEW }));
  await demandModel(live, 11, { a: NEW, b: NEW });
  const again = await live.beginRebuild();
  await again.switchOver({ expected: undefined, checkpoint: position(11), rows: change({ c: NEW }) });
  for (const reader of [live, other]) await demandModel(reader, 11, { a: undefined, b: undefined, c: NEW });
}

async function beginsAgain(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, copy } = await liveAndCopy(subject);
  await step(copy, [undefined, 5], change({ a: NEW, lost: NEW }));
  const again = await other.beginRebuild();
  await demandModel(again, undefined, { a: undefined, lost: undefined });
  await step(again, [undefined, 7], change({ b: NEW }));
  await again.switchOver({ expected: position(7), checkpoint: position(10), rows: change({}) });
  await demandModel(live, 10, { a: undefined, b: NEW, lost: undefined });
}

async function replacesNothing(subject: OpenedReadModelStore): Promise<void> {
  const [live, other] = await openTwice(subject);
  const copy = await live.beginRebuild();
  await copy.switchOver({ expected: undefined, checkpoint: position(4), rows: change({ a: NEW }) });
  for (const reader of [live, other]) await demandModel(reader, 4, { a: NEW });
}

async function isRefusedWhileBehind(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, copy } = await liveAndCopy(subject);
  await step(copy, [undefined, 8], change({ a: NEW }));
  await step(live, [10, 14], change({ b: undefined }));
  const early = copy.switchOver({ expected: position(8), checkpoint: position(9), rows: change({ c: NEW }) });
  await refusal(early, 'checkpoint-conflict');
  await demandModel(other, 14, { a: OLD, b: undefined, c: undefined });
  await demandModel(copy, 8, { a: NEW, c: undefined });
  await copy.switchOver({ expected: position(8), checkpoint: position(14), rows: change({ d: NEW }) });
  await demandModel(other, 14, { a: NEW, b: undefined, c: undefined, d: NEW });
}

async function isRefusedUnexpected(subject: OpenedReadModelStore): Promise<void> {
  const { other, copy } = await liveAndCopy(subject);
  await step(copy, [undefined, 8], change({ a: NEW }));
  for (const expected of [undefined, position(10)]) {
    const call = copy.switchOver({ expected, checkpoint: position(20), rows: change({}) });
    await refusal(call, 'checkpoint-conflict');
    await demandModel(other, 10, { a: OLD, b: OLD });
  }
}

interface LiveAndCopy {
  readonly live: ReadModel<Tally>;
  /** The live read model through another handle. */
  readonly other: ReadModel<Tally>;
  readonly copy: RebuildingModel<Tally>;
}

/** A read model at 10 with two old rows, and a new rebuild of it. */
async function liveAndCopy(subject: OpenedReadModelStore): Promise<LiveAndCopy> {
  const [live, other] = await openTwice(subject);
  await step(live, [undefined, 10], change({ a: OLD, b: OLD }));
  return { live, other, copy: await live.beginRebuild() };
}
