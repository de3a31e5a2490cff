import { position } from '@login-policy/event-sourcing';
import { demandSame } from '../../demand.js';
import { rowUnder } from '../../row-under.js';
import type { Suite } from '../contract.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
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
  guarantees: {
    'are returned unchanged': areUnchanged,
    'are read together: those of the keys that exist': areReadTogether,
    'are replaced by new ones, and the others stay': areReplaced,
    'are removed and written again': areRemoved,
    'can have any key, each its own': canHaveAnyKey,
    'are refused under a key with lone surrogates, and nothing of the step is written': refuseSurrogates,
    'can hold any text and JSON type that their codec writes': canHoldAnything,
    'can be 1,000 in one step': canBeMany,
    'do not change when a reader changes a row it was given': areNotChanged,
    'are those passed to the step, even if its map changes later': areThosePassed,
  },
};

async function areUnchanged(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const row = Object.freeze(tally({ total: 2n ** 70n, group: 'g' }));
  await step(model, [undefined, 1], change({ key: row }));
  for (const reader of [model, other]) {
    demandSame({ what: 'row', actual: await rowUnder(reader, 'key'), expected: row });
    demandSame({ what: 'row', actual: await rowUnder(reader, 'key'), expected: row });
    demandSame({ what: 'row that is not there', actual: await rowUnder(reader, 'KEY'), expected: undefined });
  }
}

async function areReadTogether(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const [one, two] = [tally({ total: 1n }), tally({ total: 2n })];
  await step(model, [undefined, 1], change({ one, two, three: tally() }));
  const found = (await model.read(['two', 'nobody', 'one', 'two'])).rows;
  demandSame({ what: 'one', actual: found.get('one'), expected: one });
  demandSame({ what: 'two', actual: found.get('two'), expected: two });
  demandSame({ what: 'number of rows', actual: found.size, expected: 2 });
  demandSame({ what: 'number of rows without keys', actual: (await model.read([])).rows.size, expected: 0 });
}

async function areReplaced(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const [old, fresh] = [tally({ label: 'old', group: 'g' }), tally({ label: 'new' })];
  await step(model, [undefined, 1], change({ a: old, b: old }));
  await step(model, [1, 2], change({ a: fresh, c: fresh }));
  await demandModel(model, 2, { a: fresh, b: old, c: fresh });
}

async function areRemoved(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const [old, fresh] = [tally({ label: 'old' }), tally({ label: 'new' })];
  await step(model, [undefined, 1], change({ a: old, b: old }));
  await step(model, [1, 2], change({ a: undefined, nobody: undefined }));
  await demandModel(model, 2, { a: undefined, b: old, nobody: undefined });
  demandSame({ what: 'row', actual: await rowUnder(model, 'a'), expected: undefined });
  await step(model, [2, 3], change({ a: fresh }));
  await demandModel(model, 3, { a: fresh, b: old });
}

async function canHaveAnyKey(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const written = new Map(KEYS.map((key, index) => [key, tally({ total: BigInt(index) })]));
  await step(model, [undefined, 1], written);
  for (const [key, row] of written)
    demandSame({ what: `row ${key}`, actual: await rowUnder(model, key), expected: row });
  const together = (await model.read(KEYS)).rows;
  for (const [key, row] of written) demandSame({ what: `row ${key}`, actual: together.get(key), expected: row });
  demandSame({ what: 'number of rows', actual: together.size, expected: KEYS.length });
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

async function canHoldAnything(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const labels = ['', 'NUL \u0000', '👩‍👩‍👧‍👦', 'quotes " \' \\', '\u2028', 'x'.repeat(100_000), 'null'];
  const written = new Map(
    labels.map((label, index) => [`row-${index}`, tally({ label: 'l', group: `${index}${label}` })]),
  );
  await step(model, [undefined, 1], written);
  for (const [key, row] of written)
    demandSame({ what: `row ${key}`, actual: await rowUnder(other, key), expected: row });
}

async function canBeMany(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  const written = new Map(numbers.map((index) => [`row-${index}`, tally({ total: BigInt(index) })]));
  await step(model, [undefined, 1], written);
  const found = (await other.read([...written.keys()])).rows;
  demandSame({ what: 'number of rows', actual: found.size, expected: 1000 });
  for (const [key, row] of written) demandSame({ what: `row ${key}`, actual: found.get(key), expected: row });
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

async function areThosePassed(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const written = new Map<string, Tally | undefined>([['a', tally()]]);
  const commit = model.commit({ expected: undefined, checkpoint: position(1), rows: written });
  await commit;
  written.set('a', tally({ total: 9n })).set('b', tally());
  await demandModel(model, 1, { a: tally(), b: undefined });
  const found = (await model.read(['a'])).rows;
  await step(model, [1, 2], change({ a: tally({ total: 2n }) }));
  demandSame({ what: 'row found before', actual: found.get('a'), expected: tally() });
  await demandModel(model, 2, { a: tally({ total: 2n }) });
}
