import { isFault, streamId, type Observation } from '@login-policy/event-sourcing';
import { AppendQueue, encodedAppend, type Outcome, type Queued } from '#insides';
import type { Append } from '@login-policy/event-sourcing/store';
import { yieldToLoop } from '@login-policy/event-sourcing/values';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';

const append = (text = '', signal?: AbortSignal): Append => ({
  streamId: streamId('Counter', 'a'),
  expected: 'any',
  events: [newEvent({ data: { text } })],
  ...(signal !== undefined && { signal }),
});

interface HeldGroup {
  readonly group: readonly Queued[];
  readonly end: (outcomes?: readonly Outcome[]) => void;
  readonly fail: (why: unknown) => void;
}

/** A queue whose groups are written when the test says so. */
function heldQueue(most = { appends: 3, size: 10_000 }) {
  const groups: HeldGroup[] = [];
  const write = (group: readonly Queued[]): Promise<readonly Outcome[]> =>
    new Promise((resolve, fail) => {
      for (const queued of group) queued.begin();
      const begun = group.map((): Outcome => ({ recorded: [] }));
      groups.push({ group, fail, end: (outcomes = begun) => resolve(outcomes) });
    });
  const observed: Observation[] = [];
  const observe = (observation: Observation): unknown => observed.push(observation);
  const queue = new AppendQueue({ store: 'a store', most, gather: yieldToLoop, write, observe });
  return { queue, groups, observed };
}

async function endAll(groups: readonly { end: () => void }[]): Promise<void> {
  for (let index = 0; ; index++) {
    await yieldToLoop();
    await yieldToLoop();
    const next = groups[index];
    if (next === undefined) return;
    next.end();
  }
}

describe('the append queue', () => {
  it('writes concurrent appends as one group of limited size', async () => {
    const { queue, groups, observed } = heldQueue();
    const all = Promise.all(Array.from({ length: 7 }, () => queue.append(append())));
    await endAll(groups);
    await all;
    expect(groups.map(({ group }) => group.length)).to.deep.equal([3, 3, 1]);
    expect(observed).to.deep.equal([3, 3, 1].map((appends) => ({ type: 'group', appends })));
  });

  it('limits the text of a group; a larger single append is a group of its own', async () => {
    const { queue, groups } = heldQueue({ appends: 100, size: 10_000 });
    const texts = ['x'.repeat(6000), 'x'.repeat(6000), 'x'.repeat(20_000), '', ''];
    const all = Promise.all(texts.map((text) => queue.append(append(text))));
    await endAll(groups);
    await all;
    expect(groups.map(({ group }) => group.length)).to.deep.equal([1, 1, 1, 2]);
  });

  it('fills a group to the last character it may hold', async () => {
    const one = append('x'.repeat(100));
    const { queue, groups } = heldQueue({ appends: 100, size: 2 * encodedAppend(one).size });
    const all = Promise.all([one, one, one].map((each) => queue.append(each)));
    await endAll(groups);
    await all;
    expect(groups.map(({ group }) => group.length)).to.deep.equal([2, 1]);
  });

  it('writes nothing for a caller that has given up before the write begins', async () => {
    const control = new AbortController();
    const begun: boolean[] = [];
    const write = async (group: readonly Queued[]): Promise<readonly Outcome[]> => {
      control.abort();
      for (const queued of group) begun.push(queued.begin());
      return group.map((): Outcome => ({ recorded: [] }));
    };
    const most = { appends: 3, size: 10_000 };
    const queue = new AppendQueue({ store: 'a store', most, gather: yieldToLoop, write });
    const signals = [AbortSignal.abort(), control.signal, undefined];
    const [gone, giving, staying] = signals.map((signal) =>
      queue.append(append('', signal)).catch((caught: unknown) => caught),
    );
    expect(await staying).to.deep.equal([]);
    expect(begun).to.deep.equal([false, true]);
    for (const fault of [await gone, await giving])
      expect(fault).to.deep.include({ code: 'deadline-exceeded', facts: { doing: 'appending to Counter-a' } });
  });

  it('removes a waiting caller that gives up, and completes a running write', async () => {
    const { queue, groups } = heldQueue({ appends: 1, size: 10_000 });
    const [first, second] = [new AbortController(), new AbortController()];
    const [written, waiting] = [append('', first.signal), append('', second.signal)].map((one) => queue.append(one));
    await yieldToLoop();
    await yieldToLoop();
    first.abort();
    second.abort();
    expect(isFault(await waiting?.catch((caught: unknown) => caught), 'deadline-exceeded')).to.equal(true);
    await endAll(groups);
    expect(await written).to.deep.equal([]);
    expect(groups).to.have.length(1);
  });

  it('completes the running group when it is closed, and refuses all other appends', async () => {
    const { queue, groups } = heldQueue({ appends: 1, size: 10_000 });
    const [written, waiting] = [queue.append(append()), queue.append(append())];
    await yieldToLoop();
    await yieldToLoop();
    const closed = queue.close();
    expect(isFault(await waiting.catch((caught: unknown) => caught), 'store-closed')).to.equal(true);
    await endAll(groups);
    expect(await written).to.deep.equal([]);
    await closed;
    const late = await queue.append(append()).catch((caught: unknown) => caught);
    expect(late).to.deep.include({ code: 'store-closed', facts: { store: 'a store' } });
  });

  it('returns the outcome of each append, or the error of the whole group', async () => {
    const { queue, groups } = heldQueue();
    const struck = new Error('struck');
    const [kept, refused] = [queue.append(append()), queue.append(append()).catch((caught: unknown) => caught)];
    await yieldToLoop();
    await yieldToLoop();
    groups[0]?.end([{ recorded: [] }, { refused: struck }]);
    expect(await kept).to.deep.equal([]);
    expect(await refused).to.equal(struck);
    const all = [append(), append()].map((one) => queue.append(one).catch((caught: unknown) => caught));
    await yieldToLoop();
    await yieldToLoop();
    groups[1]?.fail(struck);
    expect(await Promise.all(all)).to.deep.equal([struck, struck]);
  });

  it('rejects an append if its group has no outcome for it', async () => {
    const { queue, groups } = heldQueue();
    const all = [append(), append()].map((one) => queue.append(one).catch((caught: unknown) => caught));
    await yieldToLoop();
    await yieldToLoop();
    groups[0]?.end([{ recorded: [] }]);
    const [answered, forgotten] = await Promise.all(all);
    expect(answered).to.deep.equal([]);
    expect(forgotten).to.be.instanceOf(TypeError).with.property('message').that.includes('has no outcome');
  });

  it('is not affected by later changes of an append by its caller', async () => {
    const { queue, groups } = heldQueue();
    const data = { list: ['a'] };
    const given = { ...append(), events: [newEvent({ data })] };
    const all = queue.append(given);
    data.list.push('b');
    given.events.pop();
    await endAll(groups);
    await all;
    expect(groups[0]?.group[0]?.append.events[0]?.data).to.deep.equal({ list: ['a'] });
  });
});
