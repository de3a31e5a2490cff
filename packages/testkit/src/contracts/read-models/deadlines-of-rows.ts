import type { ReadModel } from '@login-policy/event-sourcing/store';
import { position } from '@login-policy/event-sourcing/values';
import type { Suite } from '../contract.js';
import type { OpenedReadModelStore } from '../read-model-store-contract.js';
import { refusal } from '../refusals.js';
import { change, demandModel, GROUP, openTallies, step, tally, type Tally } from './tally.js';

/** What holds for a call whose signal fires. */
export const deadlinesOfRows: Suite<OpenedReadModelStore> = {
  title: 'a call whose signal has fired',
  guarantees: {
    'rejects with DeadlineExceeded, and has changed nothing': rejectsAborted,
  },
};

async function rejectsAborted(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  const signal = AbortSignal.abort();
  await demandAborted(model, signal);
  const shadow = await model.beginRebuild();
  await demandAborted(shadow, signal);
  await refusal(
    shadow.promote({ expected: undefined, checkpoint: position(2n), rows: new Map() }, { signal }),
    'deadline-exceeded',
  );
  await demandModel(model, 1, { a: tally() });
}

async function demandAborted(model: ReadModel<Tally>, signal: AbortSignal): Promise<void> {
  const query = { index: GROUP, value: 'g' };
  await refusal(model.read(['a'], { signal }), 'deadline-exceeded');
  await refusal(model.query(query, { signal }), 'deadline-exceeded');
  await refusal(model.keys(query, { signal }), 'deadline-exceeded');
  await refusal(model.count(query, { signal }), 'deadline-exceeded');
  await refusal(model.checkpoint({ signal }), 'deadline-exceeded');
  await refusal(
    model.commit({ expected: position(1n), checkpoint: position(2n), rows: new Map() }, { signal }),
    'deadline-exceeded',
  );
  await refusal(model.beginRebuild({ signal }), 'deadline-exceeded');
}
