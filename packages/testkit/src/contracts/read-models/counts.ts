import { MOST_COUNTED, position } from '@login-policy/event-sourcing';
import { demandSame } from '../../demand.js';
import type { Suite } from '../contract.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { change, commitNumbered, GROUP, openTallies, openTwice, step, tally, type Tally } from './tally.js';

/** Guarantees about the number of rows under a value of an index. */
export const counts: Suite<OpenedReadModelStore> = {
  title: 'the number of rows under a value of an index',
  guarantees: {
    'counts more rows than a page holds, at their checkpoint': countsAll,
    'counts no further than 10,000, and says that there are more': countsUpToMost,
    'counts all rows, however many': countsEvery,
    'stays correct when few or many rows change, are added or are removed after a count': staysCorrect,
  },
};

async function countsAll(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const empty = await model.count({ index: GROUP, value: 'g' });
  demandSame({ what: 'the count before the first step', actual: empty.rows, expected: 0 });
  const keys = await commitNumbered(model, 1234);
  const { rows, checkpoint } = await model.count({ index: GROUP, value: 'g' });
  demandSame({ what: 'the count', actual: rows, expected: keys.length });
  demandSame({ what: 'the checkpoint of the count', actual: checkpoint, expected: position(1) });
}

async function countsUpToMost(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await commitNumbered(model, MOST_COUNTED + 2);
  const { rows } = await model.count({ index: GROUP, value: 'g' });
  demandSame({ what: 'the count', actual: rows, expected: MOST_COUNTED + 1 });
}

async function countsEvery(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  demandSame({ what: 'the count before the first step', actual: (await model.count('all')).rows, expected: 0 });
  const keys = await commitNumbered(model, MOST_COUNTED + 2);
  const { rows, checkpoint } = await model.count('all');
  demandSame({ what: 'the count', actual: rows, expected: keys.length });
  demandSame({ what: 'the checkpoint of the count', actual: checkpoint, expected: position(1) });
  await step(model, [1, 2], change({ 'key-0000': undefined, 'key-0007': undefined }));
  demandSame({ what: 'the count after two are gone', actual: (await model.count('all')).rows, expected: MOST_COUNTED });
}

async function staysCorrect(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await commitNumbered(model, 1200);
  const few = new Map<string, Tally>();
  const rest = new Map<string, undefined>();
  const keys = (await model.keys({ index: GROUP, value: 'g', limit: 1200 })).rows;
  for (const [number, key] of keys.entries()) {
    if (number < 1190) few.set(key, tally({ group: number < 7 ? ['g', 'h'] : 'h' }));
    else rest.set(key, undefined);
  }
  const demand = async (g: number, h: number): Promise<void> => {
    for (const reader of [model, other]) {
      demandSame({ what: 'count of g', actual: (await reader.count({ index: GROUP, value: 'g' })).rows, expected: g });
      demandSame({ what: 'count of h', actual: (await reader.count({ index: GROUP, value: 'h' })).rows, expected: h });
    }
  };
  await demand(1200, 0);
  await step(other, [1, 2], few);
  await demand(17, 1190);
  await step(model, [2, 3], rest);
  await demand(7, 1190);
  await step(model, [3, 4], change({ new: tally({ group: 'h' }) }));
  await demand(7, 1191);
}
