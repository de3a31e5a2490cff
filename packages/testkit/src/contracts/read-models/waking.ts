import { position } from '@login-policy/event-sourcing';
import type { ReadModel } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { rowUnder } from '../../row-under.js';
import type { Suite } from '../contract.js';
import { awaitedLater, yieldToLoop, eventually, within } from '../waiting.js';
import type { OpenedReadModelStore } from './opened-read-models.js';
import { hasSucceeded, outcomeOf } from '../refusals.js';
import { change, demandModel, openTallies, openTwice, step, tally, type Tally } from './tally.js';

const ROUNDS = 20;

/** Waiting for a read model to change. */
export const waking: Suite<OpenedReadModelStore> = {
  title: 'waiting for a read model',
  guarantees: {
    'ends at once after a commit in this process': endsAtOnce,
    'ends after a commit through another handle': endsAfterOthersCommit,
    'ends after a rebuild is promoted': endsAfterRebuild,
    'ends after a short time in any case': endsAnyway,
    'ends when the signal fires, or has fired before': endsBySignal,
    'ends for all callers': endsForAll,
  },
};

async function endsAtOnce(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  const wait = (): Promise<number> => durationOf(() => model.changed(new AbortController().signal));
  // The shorter of two: a busy machine only makes them longer.
  const untilTimeout = Math.min(await wait(), await wait());
  const late = await lateAfterCommits(model);
  // Polling alone would wait half its interval on average, and a whole one when it has just polled.
  const most = Math.max(untilTimeout / 2, 50) * ROUNDS;
  if (late > most)
    fail(`${ROUNDS} waits ended ${late} ms after their commits, and one without a change after ${untilTimeout} ms`);
}

/** How long after commits the waits for them end, in total: a busy machine takes longer for each commit. */
async function lateAfterCommits(model: ReadModel<Tally>): Promise<number> {
  let late = 0;
  for (let at = 1; at <= ROUNDS; at++) {
    const woken = awaitedLater(model.changed(new AbortController().signal).then(() => performance.now()));
    await yieldToLoop();
    await step(model, [at === 1 ? undefined : at - 1, at], change({ a: tally({ total: BigInt(at) }) }));
    const committedAt = performance.now();
    const wokenAt = await within('waiting for a change', woken);
    late += Math.max(0, wokenAt - committedAt);
  }
  await demandModel(model, ROUNDS, { a: tally({ total: BigInt(ROUNDS) }) });
  return late;
}

async function endsAfterOthersCommit(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await commitAndWait(model, other);
}

async function endsAfterRebuild(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  const shadow = await other.beginRebuild();
  await demandWoken([model, other], 2, () =>
    shadow.promote({ expected: undefined, checkpoint: position(2), rows: change({}) }),
  );
  await demandModel(model, 2, { a: undefined });
}

async function endsAnyway(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  await within('a wait without a change', model.changed(new AbortController().signal));
  await demandModel(model, 1, { a: tally() });
}

async function endsBySignal(subject: OpenedReadModelStore): Promise<void> {
  const model = await openTallies(subject);
  await step(model, [undefined, 1], change({ a: tally() }));
  await within('a wait whose signal fired before', model.changed(AbortSignal.abort()));
  const control = new AbortController();
  const waiting = awaitedLater(model.changed(control.signal));
  control.abort();
  await within('an aborted wait', waiting);
  await demandQuickerThanWaiting(model);
  await step(model, [1, 2], change({}));
  await demandModel(model, 2, { a: tally() });
}

/** An aborted wait must end sooner than one without a change. */
async function demandQuickerThanWaiting(model: ReadModel<Tally>): Promise<void> {
  const times = 5;
  const untilTimeout = await durationOf(() => model.changed(new AbortController().signal));
  const aborted = await durationOf(async () => {
    for (let time = 0; time < times; time++) await model.changed(AbortSignal.abort());
  });
  const most = Math.max(untilTimeout / 2, 5) * times;
  if (aborted > most) fail(`${times} aborted waits took ${aborted} ms, and one without a change ${untilTimeout} ms`);
}

async function durationOf(waiting: () => Promise<void>): Promise<number> {
  const beginning = performance.now();
  await within('waiting for a change', waiting());
  return performance.now() - beginning;
}

async function endsForAll(subject: OpenedReadModelStore): Promise<void> {
  const [model, other] = await openTwice(subject);
  const readers = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? model : other));
  await demandWoken(readers, 1, () => step(model, [undefined, 1], change({ a: tally() })));
  demandSame({ what: 'row', actual: await rowUnder(other, 'a'), expected: tally() });
}

/** One handle commits step after step, the other waits for each. */
async function commitAndWait(writer: ReadModel<Tally>, reader: ReadModel<Tally>): Promise<void> {
  for (let at = 1; at <= ROUNDS; at++) {
    const rows = change({ a: tally({ total: BigInt(at) }) });
    await demandWoken([reader], at, () => step(writer, [at === 1 ? undefined : at - 1, at], rows));
  }
  await demandModel(reader, ROUNDS, { a: tally({ total: BigInt(ROUNDS) }) });
}

/** Has readers wait for a checkpoint, then commits it. @throws AssertionError when a reader is not woken. */
async function demandWoken(
  readers: readonly ReadModel<Tally>[],
  checkpoint: number,
  commit: () => Promise<void>,
): Promise<void> {
  const waiters = readers.map((reader) => ({ reader, control: new AbortController() }));
  const waits = waiters.map(({ reader, control }) => waitUntil(reader, checkpoint, control.signal));
  const waiting = outcomeOf(Promise.all(waits));
  await yieldToLoop();
  try {
    await commit();
    for (const reader of readers) await demandModel(reader, checkpoint, {});
    const outcome = await waiting;
    if (!hasSucceeded(outcome)) throw outcome.error;
  } finally {
    for (const { control } of waiters) control.abort();
  }
}

/** Waits as a reader does: subscribes, reads the checkpoint, and waits if it is not reached. */
async function waitUntil(model: ReadModel<Tally>, checkpoint: number, signal: AbortSignal): Promise<void> {
  await eventually(`the checkpoint ${checkpoint}`, async () => {
    const woken = model.changed(signal);
    const reached = await model.checkpoint();
    if (signal.aborted || (reached !== undefined && reached >= checkpoint)) return true;
    await woken;
    return false;
  });
}
