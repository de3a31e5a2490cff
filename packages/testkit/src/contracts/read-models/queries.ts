import { position } from '@login-policy/event-sourcing';
import type { ReadModel } from '@login-policy/event-sourcing/store';
import { demandSame } from '../../demand.js';
import type { Suite } from '../contract.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { refusal } from '../refusals.js';
import { change, commitNumbered, GROUP, LABEL, openTallies, openTwice, step, tally, type Tally } from './tally.js';

/** Queries of rows by an index. */
export const queries: Suite<OpenedReadModelStore> = {
  title: 'a query by an index',
  guarantees: {
    'finds the rows with exactly that value, and returns them whole': findsRows,
    'answers in the order of the UTF-8 bytes of the keys': isInOrder,
    'continues after a key, in pages of any size': isPaged,
    'is read in both directions, from after a key or from before one': isReadBothWays,
    'gives 100 rows when no limit is set, and 10,000 at most': hasLimits,
    'finds a row only under its new value': findsUnderNewValue,
    'finds a row once under each of its values, and under no former value': findsUnderEach,
    'finds a row under each of its values after a rebuild, too': findsUnderEachRebuilt,
    'does not find a row that was removed or has left the index': doesNotFindRemoved,
    'distinguishes similar values': distinguishesSimilar,
    'finds what was committed through another handle': findsOthers,
    'with a limit out of range is refused': refusesOutOfRange,
  },
};

async function findsRows(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const [red, blue, none] = [tally({ group: 'red' }), tally({ group: 'blue', total: 2n }), tally()];
  await step(model, [undefined, 1], change({ b: red, a: red, c: blue, d: none }));
  const found = (await model.query({ index: GROUP, value: 'red' })).rows;
  const expected = [
    { key: 'a', row: red },
    { key: 'b', row: red },
  ];
  demandSame({ what: 'rows', actual: found, expected });
  await demandKeys(model, { index: GROUP, value: 'blue' }, ['c']);
  await demandKeys(model, { index: LABEL, value: 'a label' }, ['a', 'b', 'c', 'd']);
  await demandKeys(model, { index: GROUP, value: 'green' }, []);
}

async function isInOrder(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  // By UTF-16 units, 🧀 would come before U+FFFD; in a dictionary, a before B, and é beside e.
  const inOrder = [
    '',
    '\0',
    ' ',
    '1',
    '10',
    '2',
    'B',
    'a',
    'a\0',
    'a\0b',
    'a ',
    'aa',
    'b',
    'é',
    'ק',
    '\ufffd',
    '🧀',
    '🧀a',
    '\u{10ffff}',
  ];
  const written = inOrder.toReversed().map((key) => [key, tally({ group: 'g' })] as const);
  await step(model, [undefined, 1], new Map(written));
  await demandKeys(model, { index: GROUP, value: 'g' }, inOrder);
  for (const [place, afterKey] of inOrder.entries()) {
    await demandKeys(model, { index: GROUP, value: 'g', afterKey }, inOrder.slice(place + 1));
  }
}

async function isPaged(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const keys = await commitNumbered(model, 10);
  for (const limit of [1, 3, 9, 10, 11]) {
    const seen: string[] = [];
    let pages = 0;
    for (let isMore = true; isMore; pages++) {
      const after = seen.at(-1);
      const query = { index: GROUP, value: 'g', limit, ...(after !== undefined && { afterKey: after }) };
      const found = (await model.query(query)).rows;
      seen.push(...found.map(({ key }) => key));
      isMore = found.length === limit;
    }
    demandSame({ what: 'keys', actual: seen, expected: keys });
    demandSame({ what: 'pages', actual: pages, expected: Math.floor(10 / limit) + 1 });
  }
  await demandKeys(model, { index: GROUP, value: 'g', afterKey: 'key-0003x', limit: 2 }, ['key-0004', 'key-0005']);
  await demandKeys(model, { index: GROUP, value: 'g', afterKey: 'zzz' }, []);
}

async function isReadBothWays(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const keys = await commitNumbered(model, 10);
  const [index, value] = [GROUP, 'g'];
  const back = keys.toReversed();
  await demandKeys(model, { index, value, direction: 'backwards' }, back);
  await demandKeys(model, { index, value, direction: 'backwards', limit: 3 }, back.slice(0, 3));
  for (const [place, key] of keys.entries()) {
    await demandKeys(model, { index, value, beforeKey: key }, keys.slice(0, place));
    await demandKeys(
      model,
      { index, value, direction: 'backwards', beforeKey: key },
      keys.slice(0, place).toReversed(),
    );
    await demandKeys(model, { index, value, direction: 'backwards', afterKey: key }, back.slice(0, 9 - place));
    await demandKeys(
      model,
      { index, value, afterKey: key, beforeKey: 'key-0007', limit: 2 },
      keys.slice(place + 1, 7).slice(0, 2),
    );
  }
  await demandKeys(model, { index, value, afterKey: 'key-0005', beforeKey: 'key-0002' }, []);
  await demandKeys(model, { index, value, afterKey: 'key-0005', beforeKey: 'key-0002', direction: 'backwards' }, []);
  await step(model, [1, 2], change({ 'key-0003x': tally({ group: 'g' }), 'key-0000': undefined }));
  const remaining = ['key-0005', 'key-0004', 'key-0003x', 'key-0003', 'key-0002', 'key-0001'];
  await demandKeys(model, { index, value, direction: 'backwards', beforeKey: 'key-0006' }, remaining);
}

async function hasLimits(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const keys = await commitNumbered(model, 150);
  await demandKeys(model, { index: GROUP, value: 'g' }, keys.slice(0, 100));
  await demandKeys(model, { index: GROUP, value: 'g', limit: 10_000 }, keys);
}

async function findsUnderNewValue(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally({ group: 'old' }), b: tally({ group: 'old' }) }));
  await step(model, [1, 2], change({ a: tally({ group: 'new' }) }));
  await demandKeys(model, { index: GROUP, value: 'old' }, ['b']);
  await demandKeys(model, { index: GROUP, value: 'new' }, ['a']);
  await step(model, [2, 3], change({ a: tally({ group: 'old', total: 5n }) }));
  await demandKeys(model, { index: GROUP, value: 'old' }, ['a', 'b']);
  await demandKeys(model, { index: GROUP, value: 'new' }, []);
}

async function findsUnderEach(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await step(model, [undefined, 1], change({ a: tally({ group: ['x', 'y', 'x'] }), b: tally({ group: 'y' }) }));
  await demandGroups(other, { x: ['a'], y: ['a', 'b'] });
  await demandKeys(model, { index: GROUP, value: 'y', limit: 1 }, ['a']);
  await demandKeys(model, { index: GROUP, value: 'y', afterKey: 'a' }, ['b']);
  await demandKeys(model, { index: LABEL, value: 'a label' }, ['a', 'b']);
  await step(model, [1, 2], change({ a: tally({ group: ['y', 'z', 'y'] }), b: tally({ group: ['x', 'z'] }) }));
  await demandGroups(other, { x: ['b'], y: ['a'], z: ['a', 'b'] });
  await step(model, [2, 3], change({ a: tally({ group: ['z'] }), b: tally({ group: [] }) }));
  await demandGroups(other, { x: [], y: [], z: ['a'] });
  await step(model, [3, 4], change({ a: undefined, b: tally({ group: ['x', 'y'] }) }));
  await demandGroups(other, { x: ['b'], y: ['b'], z: [] });
}

async function findsUnderEachRebuilt(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await step(model, [undefined, 1], change({ a: tally({ group: ['x', 'y'] }) }));
  const shadow = await model.beginRebuild();
  await step(shadow, [undefined, 1], change({ a: tally({ group: ['y', 'z', 'z'] }) }));
  const rows = change({ b: tally({ group: ['y', 'x'] }) });
  await shadow.promote({ expected: position(1), checkpoint: position(2), rows });
  await demandGroups(other, { x: ['b'], y: ['a', 'b'], z: ['a'] });
}

async function doesNotFindRemoved(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const row = tally({ group: 'g' });
  await step(model, [undefined, 1], change({ a: row, b: row, c: row }));
  await step(model, [1, 2], change({ a: undefined, b: tally() }));
  await demandKeys(model, { index: GROUP, value: 'g' }, ['c']);
  await demandKeys(model, { index: LABEL, value: 'a label' }, ['b', 'c']);
}

async function distinguishesSimilar(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const values = [
    '',
    ' ',
    'a',
    'A',
    'a%',
    'a_',
    '1',
    '01',
    '1.0',
    'é',
    'e\u0301',
    "'; --",
    '🧀',
    'null',
    'x'.repeat(500),
    '\0',
    'a\0',
    'a\0b',
  ];
  const written = new Map(values.map((group, index) => [`key-${index}`, tally({ group })]));
  await step(model, [undefined, 1], written);
  for (const [index, value] of values.entries()) await demandKeys(model, { index: GROUP, value }, [`key-${index}`]);
  for (const value of ['a ', ' a', 'b', 'nul', 'x'.repeat(499)]) await demandKeys(model, { index: GROUP, value }, []);
}

async function findsOthers(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await step(model, [undefined, 1], change({ a: tally({ group: 'g' }) }));
  await demandKeys(other, { index: GROUP, value: 'g' }, ['a']);
  await step(other, [1, 2], change({ b: tally({ group: 'g' }), a: undefined }));
  await demandKeys(model, { index: GROUP, value: 'g' }, ['b']);
}

async function refusesOutOfRange(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await commitNumbered(model, 1);
  const query = async (limit: number): Promise<unknown> => model.query({ index: GROUP, value: 'g', limit });
  for (const limit of [0, -1, 1.5, Number.NaN, 10_001]) await refusal(query(limit), RangeError);
}

async function demandGroups(
  model: ReadModel<Tally>,
  groups: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [value, keys] of Object.entries(groups)) await demandKeys(model, { index: GROUP, value }, keys);
}

async function demandKeys(
  model: ReadModel<Tally>,
  query: Parameters<ReadModel<Tally>['query']>[0],
  expected: readonly string[],
): Promise<void> {
  const found = (await model.query(query)).rows;
  demandSame({ what: `keys under ${query.value}`, actual: found.map(({ key }) => key), expected });
  const { rows: keysOnly } = await model.keys(query);
  if (Object.keys(query).length === 2 && found.length < 100) {
    const { rows: counted } = await model.count(query);
    demandSame({ what: `number of keys under ${query.value}`, actual: counted, expected: expected.length });
  }
  demandSame({ what: `result of keys() under ${query.value}`, actual: keysOnly, expected });
}
