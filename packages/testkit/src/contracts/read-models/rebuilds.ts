import { position } from '@login-policy/event-sourcing';
import type { ReadModel } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { rowUnder } from '../../row-under.js';
import type { Suite } from '../contract.js';
import { yieldToLoop, eventually } from '../waiting.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { hasSucceeded, outcomeOf, refusal } from '../refusals.js';
import { change, demandModel, GROUP, openTwice, step, tallies, tally, type Tally } from './tally.js';

const OLD = tally({ label: 'old', group: 'old' });
const NEW = tally({ label: 'new', group: 'new' });

/** Computing all rows again beside the live ones. */
export const rebuilds: Suite<OpenedReadModelStore> = {
  title: 'a rebuild',
  guarantees: {
    'begins empty and is written like any other read model': beginsEmpty,
    'is invisible until it replaces the live rows': isInvisible,
    'replaces rows, indexes and checkpoint, for every handle': replacesLiveRows,
    'replaces them at once: a reader sees all old rows or all new ones': replacesThemAtOnce,
    'continues as the live read model': continues,
    'started again begins empty': startsAgain,
    'of a read model that was never written replaces it, too': replacesUnwritten,
    'is not promoted while the live rows are ahead, and can catch up': isNotPromotedWhileBehind,
    'fails if its checkpoint is not the expected one, because it has lost steps': isNotPromotedUnexpected,
  },
};

async function beginsEmpty(subject: OpenedReadModelStore): Promise<void> {
  const { live, shadow } = await liveAndShadow(subject);
  await demandModel(shadow, undefined, { a: undefined, b: undefined });
  demandSame({ what: 'rows', actual: (await shadow.query({ index: GROUP, value: 'old' })).rows, expected: [] });
  await refusal(step(shadow, [10, 11], change({ a: NEW })), 'store-unavailable');
  await step(shadow, [undefined, 3], change({ a: NEW, c: NEW }));
  await step(shadow, [3, 4], change({ a: OLD, c: undefined }));
  await demandModel(shadow, 4, { a: OLD, b: undefined, c: undefined });
  await demandModel(live, 10, { a: OLD, b: OLD, c: undefined });
}

async function isInvisible(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, shadow } = await liveAndShadow(subject);
  await step(shadow, [undefined, 20], change({ a: NEW, c: NEW, b: undefined }));
  for (const reader of [live, other]) {
    await demandModel(reader, 10, { a: OLD, b: OLD, c: undefined });
    demandSame({ what: 'rows', actual: (await reader.query({ index: GROUP, value: 'new' })).rows, expected: [] });
  }
  await step(live, [10, 11], change({ d: OLD }));
  await demandModel(shadow, 20, { a: NEW, b: undefined, c: NEW, d: undefined });
  await demandModel(other, 11, { a: OLD, b: OLD, d: OLD });
}

async function replacesLiveRows(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, shadow } = await liveAndShadow(subject);
  await step(shadow, [undefined, 9], change({ a: NEW, d: OLD }));
  await shadow.promote({ expected: position(9), checkpoint: position(12), rows: change({ c: NEW, d: undefined }) });
  const late = await (await subject.another()).open(tallies());
  for (const reader of [live, other, late]) {
    await demandModel(reader, 12, { a: NEW, b: undefined, c: NEW, d: undefined });
    demandSame({ what: 'old rows', actual: (await reader.query({ index: GROUP, value: 'old' })).rows, expected: [] });
    const found = (await reader.query({ index: GROUP, value: 'new' })).rows;
    demandSame({ what: 'new rows', actual: found.map(({ key }) => key), expected: ['a', 'c'] });
  }
}

async function replacesThemAtOnce(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, shadow } = await liveAndShadow(subject);
  const keys = Array.from({ length: 200 }, (_, index) => `row-${index}`);
  await step(live, [10, 11], new Map(keys.map((key) => [key, OLD])));
  await step(shadow, [undefined, 11], new Map(keys.map((key) => [key, NEW])));
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
  await shadow.promote({ expected: position(11), checkpoint: position(11), rows: change({}) });
  switching.isDone = true;
  const outcome = await reader;
  if (!hasSucceeded(outcome)) throw outcome.error;
  demandSame({ what: 'label', actual: (await rowUnder(other, 'row-0'))?.label, expected: 'new' });
}

async function continues(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, shadow } = await liveAndShadow(subject);
  await shadow.promote({ expected: undefined, checkpoint: position(10), rows: change({ a: NEW }) });
  await refusal(step(other, [9, 11], change({ a: OLD })), 'checkpoint-conflict');
  await step(other, [10, 11], change({ b: NEW }));
  await demandModel(live, 11, { a: NEW, b: NEW });
  const again = await live.beginRebuild();
  await again.promote({ expected: undefined, checkpoint: position(11), rows: change({ c: NEW }) });
  for (const reader of [live, other]) await demandModel(reader, 11, { a: undefined, b: undefined, c: NEW });
}

async function startsAgain(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, shadow } = await liveAndShadow(subject);
  await step(shadow, [undefined, 5], change({ a: NEW, lost: NEW }));
  const again = await other.beginRebuild();
  await demandModel(again, undefined, { a: undefined, lost: undefined });
  await step(again, [undefined, 7], change({ b: NEW }));
  await again.promote({ expected: position(7), checkpoint: position(10), rows: change({}) });
  await demandModel(live, 10, { a: undefined, b: NEW, lost: undefined });
}

async function replacesUnwritten(subject: OpenedReadModelStore): Promise<void> {
  const [live, other] = await openTwice(subject);
  const shadow = await live.beginRebuild();
  await shadow.promote({ expected: undefined, checkpoint: position(4), rows: change({ a: NEW }) });
  for (const reader of [live, other]) await demandModel(reader, 4, { a: NEW });
}

async function isNotPromotedWhileBehind(subject: OpenedReadModelStore): Promise<void> {
  const { live, other, shadow } = await liveAndShadow(subject);
  await step(shadow, [undefined, 8], change({ a: NEW }));
  await step(live, [10, 14], change({ b: undefined }));
  const early = shadow.promote({ expected: position(8), checkpoint: position(9), rows: change({ c: NEW }) });
  await refusal(early, 'checkpoint-conflict');
  await demandModel(other, 14, { a: OLD, b: undefined, c: undefined });
  await demandModel(shadow, 8, { a: NEW, c: undefined });
  await shadow.promote({ expected: position(8), checkpoint: position(14), rows: change({ d: NEW }) });
  await demandModel(other, 14, { a: NEW, b: undefined, c: undefined, d: NEW });
}

async function isNotPromotedUnexpected(subject: OpenedReadModelStore): Promise<void> {
  const { other, shadow } = await liveAndShadow(subject);
  await step(shadow, [undefined, 8], change({ a: NEW }));
  for (const expected of [undefined, position(10)]) {
    const call = shadow.promote({ expected, checkpoint: position(20), rows: change({}) });
    await refusal(call, 'store-unavailable');
    await demandModel(other, 10, { a: OLD, b: OLD });
  }
}

interface LiveAndShadow {
  readonly live: ReadModel<Tally>;
  /** The live read model through another handle. */
  readonly other: ReadModel<Tally>;
  readonly shadow: Awaited<ReturnType<ReadModel<Tally>['beginRebuild']>>;
}

/** A read model at 10 with two old rows, and a new rebuild of it. */
async function liveAndShadow(subject: OpenedReadModelStore): Promise<LiveAndShadow> {
  const [live, other] = await openTwice(subject);
  await step(live, [undefined, 10], change({ a: OLD, b: OLD }));
  return { live, other, shadow: await live.beginRebuild() };
}
