import {
  isFault,
  type Observation,
  type RecordedEvent,
  revision,
  streamId,
  yieldToLoop,
} from '@login-policy/event-sourcing';
import {
  type Append,
  MemoryBackend,
  storeOn,
  type Transacted,
  type Transaction,
} from '@login-policy/event-sourcing/store';
import { encodedAppend } from '#insides';
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
  readonly end: () => void;
  readonly fail: (why: unknown) => void;
}

/** A backend whose appends are planned at once, and written when the test says so. */
class HeldBackend extends MemoryBackend {
  readonly groups: HeldGroup[] = [];
  readonly written: (readonly RecordedEvent[])[][] = [];

  constructor() {
    super('a store', { form: 'text' });
  }

  override async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const planned = transaction.plan(await this.lookUp(transaction.question));
    await new Promise<void>((end, fail) => this.groups.push({ end, fail }));
    const transacted = await super.transact({ ...transaction, question: transaction.question, plan: () => planned });
    this.written.push(transacted.plan.appends.map(({ recorded }) => recorded));
    return transacted;
  }
}

/** A store whose groups are written when the test says so. */
function heldStore(most = { appends: 3, size: 10_000 }) {
  const backend = new HeldBackend();
  const observed: Observation[] = [];
  const observe = (observation: Observation): unknown => observed.push(observation);
  const { eventStore } = storeOn(backend, { most, gather: yieldToLoop, observe });
  const { groups, written } = backend;
  const sizes = (): readonly number[] => written.map((group) => group.length);
  return { eventStore, groups, written, sizes, observed };
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

/** The group is then planned, and held. */
async function untilBegun(): Promise<void> {
  await yieldToLoop();
  await yieldToLoop();
}

describe('the writer of a store', () => {
  it('writes concurrent appends as one group of limited size', async () => {
    const { eventStore, groups, sizes, observed } = heldStore();
    const all = Promise.all(Array.from({ length: 7 }, () => eventStore.append(append())));
    await endAll(groups);
    await all;
    expect(sizes()).to.deep.equal([3, 3, 1]);
    expect(observed).to.deep.equal([3, 3, 1].map((appends) => ({ type: 'group', appends })));
  });

  it('limits the text of a group; a larger single append is a group of its own', async () => {
    const { eventStore, groups, sizes } = heldStore({ appends: 100, size: 10_000 });
    const texts = ['x'.repeat(6000), 'x'.repeat(6000), 'x'.repeat(20_000), '', ''];
    const all = Promise.all(texts.map((text) => eventStore.append(append(text))));
    await endAll(groups);
    await all;
    expect(sizes()).to.deep.equal([1, 1, 1, 2]);
  });

  it('fills a group to the last character it may hold', async () => {
    const one = append('x'.repeat(100));
    const { eventStore, groups, sizes } = heldStore({ appends: 100, size: 2 * encodedAppend(one).size });
    const all = Promise.all([one, one, one].map((each) => eventStore.append(each)));
    await endAll(groups);
    await all;
    expect(sizes()).to.deep.equal([2, 1]);
  });

  it('writes nothing for a caller that has given up before the write begins', async () => {
    const control = new AbortController();
    const { eventStore, groups, sizes } = heldStore();
    const answers = [AbortSignal.abort(), control.signal, undefined].map((signal) =>
      eventStore.append(append('', signal)).catch((caught: unknown) => caught),
    );
    control.abort();
    await endAll(groups);
    const [gone, giving, staying] = await Promise.all(answers);
    expect(staying).to.have.length(1);
    expect(sizes()).to.deep.equal([1]);
    for (const fault of [gone, giving])
      expect(fault).to.deep.include({ code: 'deadline-exceeded', facts: { doing: 'appending to Counter-a' } });
  });

  it('removes a waiting caller that gives up, and completes a running write', async () => {
    const { eventStore, groups, sizes } = heldStore({ appends: 1, size: 10_000 });
    const [first, second] = [new AbortController(), new AbortController()];
    const [written, waiting] = [append('', first.signal), append('', second.signal)].map((one) =>
      eventStore.append(one),
    );
    await untilBegun();
    first.abort();
    second.abort();
    expect(isFault(await waiting?.catch((caught: unknown) => caught), 'deadline-exceeded')).to.equal(true);
    await endAll(groups);
    expect(await written).to.have.length(1);
    expect(sizes()).to.deep.equal([1]);
  });

  it('completes the running group when it is closed, and refuses all other appends', async () => {
    const { eventStore, groups } = heldStore({ appends: 1, size: 10_000 });
    const [written, waiting] = [eventStore.append(append()), eventStore.append(append())];
    await untilBegun();
    const closed = eventStore.close();
    expect(isFault(await waiting.catch((caught: unknown) => caught), 'store-closed')).to.equal(true);
    await endAll(groups);
    expect(await written).to.have.length(1);
    await closed;
    const late = await eventStore.append(append()).catch((caught: unknown) => caught);
    expect(late).to.deep.include({ code: 'store-closed', facts: { store: 'a store' } });
  });

  it('returns the outcome of each append, or the error of the whole group', async () => {
    const { eventStore, groups } = heldStore();
    const bad: Append = { ...append(), streamId: streamId('Counter', 'b'), expected: revision(0) };
    const [kept, refused] = [append(), bad].map((one) => eventStore.append(one).catch((caught: unknown) => caught));
    await untilBegun();
    groups[0]?.end();
    expect(await kept).to.have.length(1);
    expect(isFault(await refused, 'revision-conflict')).to.equal(true);
    const struck = new Error('struck');
    const all = [append(), append()].map((one) => eventStore.append(one).catch((caught: unknown) => caught));
    await untilBegun();
    groups[1]?.fail(struck);
    expect(await Promise.all(all)).to.deep.equal([struck, struck]);
  });

  it('is not affected by later changes of an append by its caller', async () => {
    const { eventStore, groups, written } = heldStore();
    const data = { list: ['a'] };
    const given = { ...append(), events: [newEvent({ data })] };
    const all = eventStore.append(given);
    data.list.push('b');
    given.events.pop();
    await endAll(groups);
    await all;
    expect(written[0]?.[0]?.[0]?.data).to.deep.equal({ list: ['a'] });
  });
});
