import { isFault, streamId } from '@login-policy/event-sourcing';
import { AppendQueue, yieldToLoop, type Append, type Outcome, type Queued } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';

const append = (text = '', signal?: AbortSignal): Append => ({
  streamId: streamId('Counter', 'a'),
  expected: 'any',
  events: [newEvent({ data: { text } })],
  ...(signal !== undefined && { signal }),
});

/** A queue whose groups are written when the test says so. */
function heldQueue(most = { appends: 3, size: 10_000 }) {
  const groups: { group: readonly Queued[]; end: (outcomes?: readonly Outcome[]) => void }[] = [];
  const write = (group: readonly Queued[]): Promise<readonly Outcome[]> =>
    new Promise((resolve) => {
      for (const queued of group) queued.begin();
      const begun = group.map((): Outcome => ({ recorded: [] }));
      groups.push({ group, end: (outcomes = begun) => resolve(outcomes) });
    });
  const queue = new AppendQueue({ store: 'a store', most, gather: yieldToLoop, write });
  return { queue, groups };
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

describe('the queue in which appends wait', () => {
  it('writes those that come together as one group, of so many at the most', async () => {
    const { queue, groups } = heldQueue();
    const all = Promise.all(Array.from({ length: 7 }, () => queue.append(append())));
    await endAll(groups);
    await all;
    expect(groups.map(({ group }) => group.length)).to.deep.equal([3, 3, 1]);
  });

  it('lets a group hold so much text at the most, and one that is larger by itself go alone', async () => {
    const { queue, groups } = heldQueue({ appends: 100, size: 10_000 });
    const texts = ['x'.repeat(6000), 'x'.repeat(6000), 'x'.repeat(20_000), '', ''];
    const all = Promise.all(texts.map((text) => queue.append(append(text))));
    await endAll(groups);
    await all;
    expect(groups.map(({ group }) => group.length)).to.deep.equal([1, 1, 1, 2]);
  });

  it('takes out whoever gives up while they wait, and carries through what is being written', async () => {
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

  it('lets the group that is written end when it is closed, and refuses all others', async () => {
    const { queue, groups } = heldQueue({ appends: 1, size: 10_000 });
    const [written, waiting] = [queue.append(append()), queue.append(append())];
    await yieldToLoop();
    await yieldToLoop();
    const closed = queue.close();
    expect(isFault(await waiting.catch((caught: unknown) => caught), 'store-closed')).to.equal(true);
    await endAll(groups);
    expect(await written).to.deep.equal([]);
    await closed;
    expect(isFault(await queue.append(append()).catch((caught: unknown) => caught), 'store-closed')).to.equal(true);
  });

  it('answers each with its own outcome, and all of a group with what its write rejected with', async () => {
    const { queue, groups } = heldQueue();
    const struck = new Error('struck');
    const [kept, refused] = [queue.append(append()), queue.append(append()).catch((caught: unknown) => caught)];
    await yieldToLoop();
    await yieldToLoop();
    groups[0]?.end([{ recorded: [] }, { refused: struck }]);
    expect(await kept).to.deep.equal([]);
    expect(await refused).to.equal(struck);
  });

  it('keeps an append as it was, whatever its caller does with the objects afterwards', async () => {
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
