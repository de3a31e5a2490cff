import { Deadline, position } from '@login-policy/event-sourcing';
import type { ReadModel, WaitOptions } from '@login-policy/event-sourcing/store';
import type { Suite } from '../contract.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { refusal } from '../refusals.js';
import { change, demandModel, GROUP, openTallies, step, tally, type Tally } from './tally.js';

/** What holds for a call whose signal fires. */
export const deadlinesOfRows: Suite<OpenedReadModelStore> = {
  title: 'a call whose signal has fired',
  guarantees: {
    'rejects with DeadlineExceeded, and has changed nothing': rejectsAborted,
  },
};

/** With options as callers pass them, and as the kernel does: an instance whose signal is inherited. */
async function rejectsAborted(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  const signal = AbortSignal.abort();
  for (const wait of [{ signal }, new Deadline('a test', { signal })]) {
    await demandAborted(model, wait);
    const shadow = await model.beginRebuild();
    await demandAborted(shadow, wait);
    const promoted = shadow.promote({ expected: undefined, checkpoint: position(2n), rows: new Map() }, wait);
    await refusal(promoted, 'deadline-exceeded');
  }
  await demandModel(model, 1, { a: tally() });
}

async function demandAborted(model: ReadModel<Tally>, wait: WaitOptions): Promise<void> {
  const query = { index: GROUP, value: 'g' };
  await refusal(model.read(['a'], wait), 'deadline-exceeded');
  await refusal(model.query(query, wait), 'deadline-exceeded');
  await refusal(model.keys(query, wait), 'deadline-exceeded');
  await refusal(model.count(query, wait), 'deadline-exceeded');
  await refusal(model.checkpoint(wait), 'deadline-exceeded');
  await refusal(
    model.commit({ expected: position(1n), checkpoint: position(2n), rows: new Map() }, wait),
    'deadline-exceeded',
  );
  await refusal(model.beginRebuild(wait), 'deadline-exceeded');
}
