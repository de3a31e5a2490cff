import { position } from '@login-policy/event-sourcing/store';
import { demandSame } from '../../demand.js';
import { rowUnder } from '../../row-under.js';
import type { Suite } from '../contract.js';
import type { OpenedReadModelStore } from '../read-model-store-contract.js';
import { refusal } from '../refusals.js';
import { change, demandModel, openTallies, openTwice, step, tallies, tally, type Tally } from './tally.js';

const KEYS = [
  'a',
  'A',
  'é',
  'e\u0301',
  '🧀',
  '\ufffd',
  'שלום',
  ' a ',
  'a%',
  'a_',
  "'; --",
  '__proto__',
  'constructor',
  '1',
  '01',
  'x'.repeat(1000),
  '',
  '\0',
  'a\0',
  'a\0b',
];

/** Rows and their keys. */
export const rows: Suite<OpenedReadModelStore> = {
  title: 'the rows of a read model',
  promises: {
    'are got as they were given': areKept,
    'are got together: those that exist among the keys': areGotTogether,
    'are replaced by new ones, and the others stay': areReplaced,
    'are taken away and given again': areTakenAway,
    'stand under whatever key there is, each under its own': takeAnyKey,
    'are refused under what is not Unicode text, which could be another key in a store, and nothing of the step is kept':
      refuseSurrogates,
    'hold whatever text and kinds their codec writes': holdAnything,
    'are 1,000 in one step': areMany,
    'stay as they are when a reader changes the one it was handed': areNotChanged,
    'belong to the step as it was given, whatever becomes of its map': areThoseGiven,
  },
};

async function areKept(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const row = Object.freeze(tally({ total: 2n ** 70n, group: 'g' }));
  await step(model, [undefined, 1], change({ key: row }));
  for (const reader of [model, other]) {
    demandSame({ what: 'row', actual: await rowUnder(reader, 'key'), expected: row });
    demandSame({ what: 'row', actual: await rowUnder(reader, 'key'), expected: row });
    demandSame({ what: 'row that is not there', actual: await rowUnder(reader, 'KEY'), expected: undefined });
  }
}

async function areGotTogether(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const [one, two] = [tally({ total: 1n }), tally({ total: 2n })];
  await step(model, [undefined, 1], change({ one, two, three: tally() }));
  const got = (await model.read(['two', 'nobody', 'one', 'two'])).rows;
  demandSame({ what: 'one', actual: got.get('one'), expected: one });
  demandSame({ what: 'two', actual: got.get('two'), expected: two });
  demandSame({ what: 'count', actual: got.size, expected: 2 });
  demandSame({ what: 'count of none', actual: (await model.read([])).rows.size, expected: 0 });
}

async function areReplaced(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const [old, fresh] = [tally({ label: 'old', group: 'g' }), tally({ label: 'new' })];
  await step(model, [undefined, 1], change({ a: old, b: old }));
  await step(model, [1, 2], change({ a: fresh, c: fresh }));
  await demandModel(model, 2, { a: fresh, b: old, c: fresh });
}

async function areTakenAway(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const [old, fresh] = [tally({ label: 'old' }), tally({ label: 'new' })];
  await step(model, [undefined, 1], change({ a: old, b: old }));
  await step(model, [1, 2], change({ a: undefined, nobody: undefined }));
  await demandModel(model, 2, { a: undefined, b: old, nobody: undefined });
  demandSame({ what: 'row', actual: await rowUnder(model, 'a'), expected: undefined });
  await step(model, [2, 3], change({ a: fresh }));
  await demandModel(model, 3, { a: fresh, b: old });
}

async function takeAnyKey(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const given = new Map(KEYS.map((key, index) => [key, tally({ total: BigInt(index) })]));
  await step(model, [undefined, 1], given);
  for (const [key, row] of given) demandSame({ what: `row ${key}`, actual: await rowUnder(model, key), expected: row });
  const together = (await model.read(KEYS)).rows;
  for (const [key, row] of given) demandSame({ what: `row ${key}`, actual: together.get(key), expected: row });
  demandSame({ what: 'count', actual: together.size, expected: KEYS.length });
}

async function refuseSurrogates(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally(), '\ufffd': tally() }));
  const [lone, fresh] = ['\ud83d', tally({ total: 2n })];
  for (const row of [{ [lone]: fresh }, { b: tally({ group: lone }) }, { b: tally({ label: lone }) }]) {
    await refusal(step(model, [1, 2], change({ a: fresh, ...row })), 'unserialisable-data');
  }
  await refusal(subject.readModels.open(tallies(lone)), 'unserialisable-data');
  await demandModel(model, 1, { a: tally(), b: undefined, '\ufffd': tally() });
}

async function holdAnything(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const labels = ['', 'NUL \u0000', '👩‍👩‍👧‍👦', 'quotes " \' \\', '\u2028', 'x'.repeat(100_000), 'null'];
  const given = new Map(
    labels.map((label, index) => [`row-${index}`, tally({ label: 'l', group: `${index}${label}` })]),
  );
  await step(model, [undefined, 1], given);
  for (const [key, row] of given) demandSame({ what: `row ${key}`, actual: await rowUnder(other, key), expected: row });
}

async function areMany(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  const given = new Map(numbers.map((index) => [`row-${index}`, tally({ total: BigInt(index) })]));
  await step(model, [undefined, 1], given);
  const got = (await other.read([...given.keys()])).rows;
  demandSame({ what: 'count', actual: got.size, expected: 1000 });
  for (const [key, row] of given) demandSame({ what: `row ${key}`, actual: got.get(key), expected: row });
}

async function areNotChanged(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  for (let round = 0; round < 3; round++) {
    const row = await rowUnder(model, 'a');
    try {
      Object.assign(row ?? {}, { total: 9n, label: 'changed' });
    } catch (caught) {
      // A frozen row throws instead.
      if (!(caught instanceof TypeError)) throw caught;
    }
    await demandModel(model, 1, { a: tally() });
  }
}

async function areThoseGiven(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const given = new Map<string, Tally | undefined>([['a', tally()]]);
  const commit = model.commit({ expected: undefined, checkpoint: position(1), rows: given });
  await commit;
  given.set('a', tally({ total: 9n })).set('b', tally());
  await demandModel(model, 1, { a: tally(), b: undefined });
  const got = (await model.read(['a'])).rows;
  await step(model, [1, 2], change({ a: tally({ total: 2n }) }));
  demandSame({ what: 'row got before', actual: got.get('a'), expected: tally() });
  await demandModel(model, 2, { a: tally({ total: 2n }) });
}
