import { position } from '@login-policy/event-sourcing';
import { demandSame } from '../../demand.js';
import type { Suite } from '../contract.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { change, demandModel, GROUP, openTallies, step, tallies, tally } from './tally.js';

/** Several read models in one store. */
export const definitions: Suite<OpenedReadModelStore> = {
  title: 'several read models',
  guarantees: {
    'are the same rows when they are opened twice': areTheSame,
    'are created once when opened many times at once': areCreatedOnce,
    'are separated by their versions': areSeparatedByVersion,
    'are separated by their names, with any characters': areSeparatedByName,
    'are separated by their names while they are rebuilt, with any characters': areRebuiltSeparately,
    'need no index': needNoIndex,
  },
};

async function areTheSame(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  const again = await openTallies(subject);
  await demandModel(again, 1, { a: tally() });
  await step(again, [1, 2], change({ b: tally() }));
  await demandModel(model, 2, { a: tally(), b: tally() });
}

async function areCreatedOnce(subject: OpenedReadModelStore): Promise<void> {
  const other = await subject.another();
  const opening = Array.from({ length: 8 }, (_, index) =>
    (index % 2 === 0 ? subject.readModels : other).open(tallies()),
  );
  const models = await Promise.all(opening);
  for (const model of models.slice(0, 1)) await step(model, [undefined, 1], change({ a: tally() }));
  for (const model of models) await demandModel(model, 1, { a: tally() });
}

async function areSeparatedByVersion({ readModels }: OpenedReadModelStore): Promise<void> {
  const versions = [1, 2, 11];
  for (const version of versions) {
    const model = await readModels.open(tallies('tallies', version));
    await demandModel(model, undefined, { a: undefined });
    await step(model, [undefined, version], change({ a: tally({ total: BigInt(version), group: 'g' }) }));
  }
  for (const version of versions) {
    const model = await readModels.open(tallies('tallies', version));
    const row = tally({ total: BigInt(version), group: 'g' });
    await demandModel(model, version, { a: row });
    const found = (await model.query({ index: GROUP, value: 'g' })).rows;
    demandSame({ what: 'found', actual: found, expected: [{ key: 'a', row }] });
  }
  const first = await readModels.open(tallies());
  const shadow = await first.beginRebuild();
  await step(shadow, [undefined, 5], change({ a: undefined }));
  await demandModel(await readModels.open(tallies('tallies', 2)), 2, { a: tally({ total: 2n, group: 'g' }) });
}

async function areSeparatedByName({ readModels }: OpenedReadModelStore): Promise<void> {
  const names = [
    'tallies',
    'Tallies',
    'tallies-2',
    "odd '; -- name",
    'a.b',
    'a_b',
    'Zähler 🧀',
    'a*',
    'a?',
    '[a]',
    'a\0',
    'a\0b',
  ];
  for (const [index, name] of names.entries()) {
    const model = await readModels.open(tallies(name));
    await step(model, [undefined, index], change({ a: tally({ label: name }) }));
  }
  for (const [index, name] of names.entries()) {
    await demandModel(await readModels.open(tallies(name)), index, { a: tally({ label: name }) });
  }
}

/** Beginning one rebuild must not discard another's shadow. */
async function areRebuiltSeparately({ readModels }: OpenedReadModelStore): Promise<void> {
  const names = ['weird', 'ab', 'a.v1.rebuilding.', 'we[i]rd', 'a*', 'a?', 'a', 'ab\0', 'ab\0c', 'ab%', 'a_'];
  const shadows = [];
  for (const name of names) shadows.push(await (await readModels.open(tallies(name))).beginRebuild());
  for (const shadow of shadows) {
    await step(shadow, [undefined, 3], change({ a: tally() }));
    await shadow.promote({ expected: position(3), checkpoint: position(4), rows: new Map() });
  }
  for (const name of names) await demandModel(await readModels.open(tallies(name)), 4, { a: tally() });
}

async function needNoIndex({ readModels }: OpenedReadModelStore): Promise<void> {
  const withoutIndex = tallies('without-index');
  Reflect.deleteProperty(withoutIndex, 'index');
  const model = await readModels.open(withoutIndex);
  await step(model, [undefined, 1], change({ a: tally({ group: 'g' }) }));
  await demandModel(model, 1, { a: tally({ group: 'g' }) });
}
