import { eventId, instant, type RecordedEvent, revision, streamId } from '@login-policy/event-sourcing';
import { positionOf, type StreamPart } from '@login-policy/event-sourcing/store';
import { type ReadStreamOptions, streamThrough } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';
import { faultOf } from './followed.js';

const counter = streamId('Counter', 'a');
const LAST = 2n ** 63n - 1n;

function at(place: number): RecordedEvent {
  const event = newEvent();
  const recorded = { revision: revision(place), position: positionOf(place + 1, event.id), recordedAt: instant(0) };
  return { ...event, ...recorded, id: eventId(event.id), streamId: counter };
}

/** A store with events at these revisions, that reads no more than two at once. */
function storeOf(...revisions: readonly number[]) {
  const asked: StreamPart[] = [];
  const read = (part: StreamPart) => {
    asked.push(part);
    const [order, isOn] = part.isForwards
      ? [revisions, (one: number) => BigInt(one) >= part.from]
      : [revisions.toReversed(), (one: number) => BigInt(one) <= part.from];
    const found = order.filter(isOn);
    const taken = found.slice(0, Math.min(part.count, 2));
    return { events: taken.map(at), isLast: taken.length === found.length && found.length < part.count };
  };
  return { asked, read: (options?: ReadStreamOptions) => revisionsOf(read, options) };
}

async function revisionsOf(
  read: Parameters<typeof streamThrough>[1]['read'],
  options?: ReadStreamOptions,
): Promise<readonly (readonly number[])[]> {
  const pages: (readonly number[])[] = [];
  for await (const page of streamThrough(counter, { store: 'a store', read }, options)) {
    pages.push(page.map((event) => Number(event.revision)));
  }
  return pages;
}

const lostAt = (lost: number) => ({
  code: 'store-damaged',
  facts: { store: 'a store', problem: `Counter-a has no event at revision ${lost}` },
});

describe('a stream that is read in parts', () => {
  it('is damaged if an event says that it is of another stream, as after a flipped bit', async () => {
    const other = { ...at(1), streamId: streamId('Countes', 'a') };
    for (const direction of ['forwards', 'backwards'] as const) {
      const events = direction === 'forwards' ? [at(0), other] : [other, at(0)];
      const fault = await faultOf(revisionsOf(() => ({ events, isLast: true }), { direction }));
      const problem = 'Counter-a has an event of Countes-a at revision 1';
      expect(fault).to.deep.include({ code: 'store-damaged', facts: { store: 'a store', problem } });
    }
  });

  it('continues after the last event, until the end or the limit', async () => {
    const { read, asked } = storeOf(0, 1, 2, 3, 4);
    expect(await read()).to.deep.equal([[0, 1], [2, 3], [4]]);
    expect(asked.map(({ from, count }) => [from, count])).to.deep.equal([
      [0n, 500],
      [2n, 500],
      [4n, 500],
    ]);
    expect(await read({ direction: 'backwards' })).to.deep.equal([[4, 3], [2, 1], [0]]);
    expect(await read({ from: revision(3), direction: 'backwards', limit: 3 })).to.deep.equal([[3, 2], [1]]);
    expect(await read({ from: revision(1), limit: 3, pageSize: 1 })).to.deep.equal([[1], [2], [3]]);
    expect(await read({ limit: 0 })).to.deep.equal([]);
  });

  it('is not read at revisions that no store can have', async () => {
    const { read, asked } = storeOf(0);
    expect(await read({ from: revision(LAST + 1n) })).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
    expect(await read({ from: revision(LAST + 1n), direction: 'backwards' })).to.deep.equal([[0]]);
    expect(asked[0]?.from).to.equal(LAST);
    expect(await storeOf(0, 1).read({ from: revision(LAST) })).to.deep.equal([]);
  });

  it('ends at its end, even for a reader that asks for more', async () => {
    expect(await storeOf().read()).to.deep.equal([]);
    expect(await storeOf().read({ direction: 'backwards' })).to.deep.equal([]);
    expect(await storeOf(0, 1).read({ from: revision(2) })).to.deep.equal([]);
    expect(await storeOf(0, 1).read({ limit: 2 })).to.deep.equal([[0, 1]]);
    // A full page need not be the last one, and backwards there is nothing before 0.
    const backwards = storeOf(0, 1);
    expect(await backwards.read({ direction: 'backwards', pageSize: 2 })).to.deep.equal([[1, 0]]);
    expect(backwards.asked).to.have.length(1);
  });

  it('that has lost an event is reported as damaged in both directions', async () => {
    expect(await faultOf(storeOf(1, 2).read())).to.deep.include(lostAt(0));
    expect(await faultOf(storeOf(0, 1, 3).read())).to.deep.include(lostAt(2));
    expect(await faultOf(storeOf(0, 1, 2, 4).read())).to.deep.include(lostAt(3));
    expect(await faultOf(storeOf(0, 1, 3).read({ from: revision(2) }))).to.deep.include(lostAt(2));
    expect(await faultOf(storeOf(0, 2, 3).read({ direction: 'backwards' }))).to.deep.include(lostAt(1));
    expect(await faultOf(storeOf(1, 2, 3).read({ direction: 'backwards' }))).to.deep.include(lostAt(0));
    expect(await faultOf(storeOf(2, 3).read({ direction: 'backwards', pageSize: 2 }))).to.deep.include(lostAt(1));
  });

  it('is read up to the missing event', async () => {
    const seen: bigint[] = [];
    const source = { store: 'a store', read: () => ({ events: [at(0), at(1)], isLast: false }) };
    const reading = (async () => {
      for await (const page of streamThrough(counter, source)) seen.push(...page.map((event) => event.revision));
    })();
    expect(await faultOf(reading)).to.deep.include(lostAt(2));
    expect(seen).to.deep.equal([0n, 1n]);
  });
});
