import { position } from '@login-policy/event-sourcing';
import { demandSame } from '../../demand.js';
import type { Suite } from '../contract.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { refusal } from '../refusals.js';
import { change, demandModel, GROUP, openTallies, openTwice, step, tally } from './tally.js';

const HUGE = position(2n ** 127n + 1n);

/** The checkpoint moves together with the rows or not at all. */
export const checkpoints: Suite<OpenedReadModelStore> = {
  title: 'the checkpoint of a read model',
  guarantees: {
    'does not exist before the first step, and is then that of the last step': isThatOfLastStep,
    'moves in a step without rows': movesAlone,
    'may stay while rows change': mayStay,
    'can be any position': canBeAnyPosition,
    'that is not the expected one makes the step fail, with the actual checkpoint': refusesUnexpected,
    'of a refused step does not change, and neither do rows and indexes': doesNotChange,
  },
};

async function isThatOfLastStep(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await demandModel(model, undefined, {});
  await step(model, [undefined, 5], change({ a: tally() }));
  await demandModel(other, 5, { a: tally() });
  await step(other, [5, 6], change({ b: tally() }));
  await demandModel(model, 6, { a: tally(), b: tally() });
}

async function movesAlone(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 3], change({}));
  await demandModel(model, 3, {});
  await step(model, [3, 7], change({}));
  await demandModel(model, 7, {});
}

async function mayStay(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 3], change({ a: tally() }));
  await step(model, [3, 3], change({ a: tally({ total: 2n }) }));
  await demandModel(model, 3, { a: tally({ total: 2n }) });
}

async function canBeAnyPosition(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await model.commit({ expected: undefined, checkpoint: position(0), rows: change({}) });
  demandSame({ what: 'checkpoint', actual: await other.checkpoint(), expected: position(0) });
  await model.commit({ expected: position(0), checkpoint: HUGE, rows: change({ a: tally() }) });
  demandSame({ what: 'checkpoint', actual: await other.checkpoint(), expected: HUGE });
  await model.commit({ expected: HUGE, checkpoint: position(HUGE + 1n), rows: change({}) });
  demandSame({ what: 'checkpoint', actual: await other.checkpoint(), expected: position(HUGE + 1n) });
}

async function refusesUnexpected(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const none = await refusal(step(model, [4, 5], change({ a: tally() })), 'checkpoint-conflict');
  const facts = { model: 'tallies.v1', expected: position(4), actual: undefined };
  demandSame({ what: 'facts', actual: none.facts, expected: facts });
  await demandModel(model, undefined, { a: undefined });
  await step(model, [undefined, 10], change({}));
  for (const expected of [undefined, 0, 9, 11]) {
    const conflict = await refusal(step(model, [expected, 20], change({ a: tally() })), 'checkpoint-conflict');
    demandSame({ what: 'actual', actual: conflict.facts.actual, expected: position(10) });
    await demandModel(model, 10, { a: undefined });
  }
}

async function doesNotChange(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const row = tally({ group: 'g' });
  await step(model, [undefined, 1], change({ a: row, b: row }));
  const late = change({ a: tally({ group: 'h' }), b: undefined, c: row });
  await refusal(step(other, [undefined, 2], late), 'checkpoint-conflict');
  for (const reader of [model, other]) {
    await demandModel(reader, 1, { a: row, b: row, c: undefined });
    const found = (await reader.query({ index: GROUP, value: 'g' })).rows;
    demandSame({ what: 'keys', actual: found.map(({ key }) => key), expected: ['a', 'b'] });
    demandSame({ what: 'none', actual: (await reader.query({ index: GROUP, value: 'h' })).rows, expected: [] });
  }
  await step(other, [1, 2], late);
  await demandModel(model, 2, { a: tally({ group: 'h' }), b: undefined, c: row });
}
