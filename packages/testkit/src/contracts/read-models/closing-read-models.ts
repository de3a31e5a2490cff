import type { ReadModel } from '@login-policy/event-sourcing/store';
import type { Suite } from '../contract.js';
import { within } from '../waiting.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { refusal } from '../refusals.js';
import { change, demandModel, GROUP, openTallies, step, tallies, tally, type Tally } from './tally.js';

/** What closing guarantees. */
export const closingReadModels: Suite<OpenedReadModelStore> = {
  title: 'a closed read-model store',
  guarantees: {
    'refuses every read and every step with StoreClosed, and is closed once, however often `close` is called':
      refusesCalls,
    'ends every wait without an error; the next read fails with StoreClosed': endsWaits,
    'does not affect its other handles, and loses nothing that was committed': doesNotAffectOthers,
  },
};

async function refusesCalls(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  await demandModel(model, 1, { a: tally() });
  await within(
    'closing the store twice at once',
    Promise.all([subject.readModels.close(), subject.readModels.close()]),
  );
  await within('closing the store again', subject.readModels.close());
  await refusal(openTallies(subject), 'store-closed');
  await refusal(subject.readModels.open(tallies('another')), 'store-closed');
  await demandClosed(model);
}

async function endsWaits(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  await demandModel(model, 1, { a: tally() });
  const waiting = model.changed(new AbortController().signal);
  await within('closing the store', subject.readModels.close());
  await within('the wait for a change', waiting);
}

async function doesNotAffectOthers(subject: OpenedReadModelStore): Promise<void> {
  const other = await subject.another();
  const [model, othersModel] = [await openTallies(subject), await other.open(tallies())];
  await step(model, [undefined, 1], change({ a: tally() }));
  await demandModel(othersModel, 1, { a: tally() });
  await subject.readModels.close();
  if (other === subject.readModels) return demandClosed(othersModel);
  await step(othersModel, [1, 2], change({ b: tally() }));
  await demandModel(othersModel, 2, { a: tally(), b: tally() });
}

async function demandClosed(model: ReadModel<Tally>): Promise<void> {
  await refusal(model.read(['a']), 'store-closed');
  await refusal(model.query({ index: GROUP, value: 'g' }), 'store-closed');
  await refusal(model.checkpoint(), 'store-closed');
  await refusal(step(model, [1, 2], change({})), 'store-closed');
  await refusal(model.beginRebuild(), 'store-closed');
  await within('a wait on a closed store', waitFor(model));
}

async function waitFor(model: ReadModel<Tally>): Promise<void> {
  await model.changed(new AbortController().signal);
}
