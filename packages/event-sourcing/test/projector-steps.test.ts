import { START, streamId, type Position, type Projection } from '@login-policy/event-sourcing';
import { eventId } from '@login-policy/event-sourcing/domain';
import {
  placeIn,
  positionOf,
  Projector,
  ProjectionStopped,
  StoreUnavailable,
} from '@login-policy/event-sourcing/store';
import { rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';
import { codeOf, faultOf, followedStore, growingStore, raise, until } from './followed.js';
import { tallies, type TallyEvent } from './tally.js';
import { watchedReadModels } from './watched-read-models.js';

const [a, b, unwanted] = [streamId('tally', 'a'), streamId('tally', 'b'), streamId('other', 'x')];
const ones = (count: number): readonly number[] => Array.from({ length: count }, () => 1);

/** A projector on rows that it alone keeps, and what it asks of them. */
function watchedProjector(projection: Projection<TallyEvent, number> = tallies(), store = followedStore()) {
  const { readModels, asked } = watchedReadModels(store.readModels);
  let heads = 0;
  const projector = new Projector({ ...store, readModels, projection, onHead: () => (heads += 1) });
  const reached = async (): Promise<bigint> => placeIn((await (await projector.readModel()).checkpoint()) ?? START);
  return { store, projector, asked, reached, heads: () => heads };
}

describe('a projector that is told to end', () => {
  it('claims no more than what it has reduced, and goes on from there', async () => {
    const control = new AbortController();
    const store = followedStore((sound) => ({
      async *readAll(options) {
        for await (const page of sound.readAll({ ...options, pageSize: 2 })) {
          yield page;
          // Not where it only counts how much there is.
          if (options?.signal === control.signal && options.pageSize !== 1000) control.abort();
          if (options?.signal?.aborted === true) return;
        }
      },
    }));
    await raise(store, a, 1, 2, 4);
    const { projector, reached, heads } = watchedProjector(tallies(), store);
    expect(await codeOf(projector.catchUp(AbortSignal.abort()))).to.equal('deadline-exceeded');
    expect(await codeOf(projector.catchUp(control.signal))).to.equal('deadline-exceeded');
    expect([await reached(), heads()]).to.deep.equal([2n, 0]);
    await projector.catchUp();
    expect([await rowUnder(await projector.readModel(), a), await reached(), heads()]).to.deep.equal([7, 3n, 1]);
  });

  it('leaves the live rows during a rebuild, and says what was broken off', async () => {
    const { store, projector, asked } = watchedProjector();
    await raise(store, a, 1);
    expect(await faultOf(projector.rebuild(AbortSignal.abort()))).to.deep.include({
      code: 'deadline-exceeded',
      facts: { doing: `a rebuild of ${projector.name}` },
    });
    expect(projector.name).to.match(/^tallies/);
    expect(asked.switches).to.deep.equal([]);
  });
});

describe('the steps of a projector', () => {
  it('are of at most 100 events, and look up only rows that it does not know', async () => {
    const { store, projector, asked } = watchedProjector();
    await raise(store, a, ...ones(250));
    await projector.catchUp();
    expect(asked.commits).to.deep.equal([[a], [a], [a]]);
    expect(asked.reads).to.deep.equal([[a]]);
  });

  it('are none while nothing is new', async () => {
    const { store, projector, asked, heads } = watchedProjector();
    await raise(store, a, 1);
    await projector.catchUp();
    const before = asked.commits.length;
    await projector.catchUp();
    const control = new AbortController();
    const following = projector.follow(control.signal);
    await until(() => heads() === 3);
    control.abort();
    await following;
    expect(asked.commits).to.have.length(before);
  });

  it('go past what is not wanted, also while it follows', async () => {
    const { store, projector, reached } = watchedProjector();
    await raise(store, unwanted, 1);
    const control = new AbortController();
    const following = projector.follow(control.signal);
    await until(async () => (await reached()) === 1n);
    await raise(store, a, 1);
    await raise(store, unwanted, 1);
    await until(async () => (await reached()) === 3n);
    control.abort();
    await following;
  });

  it('take away a row and no other, and make no snapshot of what is not there', async () => {
    const { reduce, ...rest } = tallies();
    const shown: unknown[] = [];
    const { store, projector, asked } = watchedProjector({
      ...rest,
      reduce: (row, event) => reduce(row, event) || undefined,
      snapshot(row) {
        shown.push(row);
        return row === 2 ? { key: 'two', row } : undefined;
      },
    });
    await raise(store, a, 2);
    await raise(store, b, 1);
    await store.eventStore.append({
      streamId: a,
      expected: 'any',
      events: [newEvent({ type: 'Lowered', data: { by: 2 } })],
    });
    await projector.catchUp();
    const { rows } = await (await projector.readModel()).read([a, b, 'two']);
    expect(Object.fromEntries(rows)).to.deep.equal({ [b]: 1, two: 2 });
    expect(asked.commits.map((keys) => [...keys].sort())).to.deep.equal([[a, b, 'two']]);
    expect(shown).to.deep.equal([2, 1]);
  });

  it('end before an event that can not be read, with all before it', async () => {
    const { store, projector, reached } = watchedProjector();
    await raise(store, a, 1, 2);
    await store.eventStore.append({ streamId: a, expected: 'any', events: [newEvent({ type: 'NeverHeardOf' })] });
    const fault = await faultOf(projector.catchUp());
    expect(fault).to.be.instanceOf(ProjectionStopped).and.to.have.nested.property('facts.type', 'NeverHeardOf');
    expect([await rowUnder(await projector.readModel(), a), await reached()]).to.deep.equal([3, 2n]);
    expect(await faultOf(projector.rebuild())).to.be.instanceOf(ProjectionStopped);
  });
});

describe('rows that stand further than the head that was asked for', () => {
  const far = positionOf(9, eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV'));

  it('stay there when something was recorded after the question', async () => {
    const store = await growingStore(a);
    const { projector, reached } = watchedProjector(tallies(), store);
    expect(placeIn(await projector.catchUp())).to.equal(2n);
    expect([await reached(), await rowUnder(await projector.readModel(), a)]).to.deep.equal([2n, 2]);
  });

  for (const [what, isKnown] of [
    ['stay there when they are rebuilt, where a record of the store stands', true],
    ['are rebuilt to the head when nothing stands there: they are of a lost history', false],
  ] as const) {
    it(what, async () => {
      const knows = async (position: Position): Promise<boolean> => isKnown || position !== far;
      const { store, projector } = watchedProjector(
        tallies(),
        followedStore(() => ({ knows })),
      );
      await raise(store, a, 1);
      const model = await projector.readModel();
      await model.commit({ expected: undefined, checkpoint: far, rows: new Map() });
      const end = isKnown ? far : await store.eventStore.head();
      expect(await projector.rebuild()).to.equal(end);
      expect([await model.checkpoint(), await rowUnder(model, a)]).to.deep.equal([end, 1]);
    });
  }
});

describe('a read model that could not be opened', () => {
  it('is opened anew by the next call', async () => {
    const store = followedStore();
    await raise(store, a, 1);
    let isAway = true;
    const open: typeof store.readModels.open = (projection) =>
      isAway
        ? Promise.reject(new StoreUnavailable({ store: 'the rows', problem: 'away' }))
        : store.readModels.open(projection);
    const readModels = { open, close: () => store.readModels.close() };
    const projector = new Projector({ ...store, readModels, projection: tallies() });
    expect(await codeOf(projector.catchUp())).to.equal('store-unavailable');
    isAway = false;
    await projector.catchUp();
    expect(await rowUnder(await projector.readModel(), a)).to.equal(1);
  });
});

describe('the lag of a projector', () => {
  it('is counted up to 10,000 events', async () => {
    const { store, projector } = watchedProjector();
    const record = (count: number): Promise<unknown> =>
      store.eventStore.append({
        streamId: a,
        expected: 'any',
        events: Array.from({ length: count }, () => newEvent()),
      });
    const lag = async (): Promise<unknown> => {
      const { events, isAtLeast } = await projector.lag();
      return [events, isAtLeast];
    };
    await record(1500);
    await record(8499);
    expect(await lag()).to.deep.equal([9999, false]);
    await record(1);
    expect(await lag()).to.deep.equal([10_000, true]);
    await record(1);
    expect(await lag()).to.deep.equal([10_000, true]);
  });
});
