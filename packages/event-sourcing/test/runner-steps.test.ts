import { eventId, type Position, ProjectionRunner, START, type Store, streamId } from '@login-policy/event-sourcing';
import { ordinalOf, positionOf, type ReadModelStore } from '@login-policy/event-sourcing/store';
import { rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';
import { codeOf, faultOf, followedStore, raise, toldRunner, until, type ToldRunner } from './followed.js';
import { tallies } from './tally.js';
import { watchedReadModels, type AskedOfRows } from './watched-read-models.js';

const [a, b, unwanted] = [streamId('tally', 'a'), streamId('tally', 'b'), streamId('other', 'x')];
const ones = (count: number): readonly number[] => Array.from({ length: count }, () => 1);

/** A runner that alone keeps its rows, and what it asks of them. */
interface Watched extends ToldRunner<number> {
  readonly store: Store;
  readonly asked: AskedOfRows;
  readonly readModels: ReadModelStore;
  readonly reached: () => Promise<bigint>;
}

async function watchedRunner(projection = tallies(), store = followedStore()): Promise<Watched> {
  const { readModels, asked } = watchedReadModels(store.readModels);
  const { runner } = await toldRunner({ ...store, readModels }, { projection });
  asked.reads.length = 0;
  const model = await store.readModels.open(projection);
  const reached = async (): Promise<bigint> => ordinalOf((await model.checkpoint()) ?? START);
  return { store, runner, model, asked, readModels, reached };
}

describe('a runner whose signal fires', () => {
  it('reports only the reduced events, and continues from there', async () => {
    const control = new AbortController();
    const store = followedStore((sound) => ({
      async *subscribe(options) {
        for await (const message of sound.subscribe({ ...options, pageSize: 2 })) {
          yield message;
          control.abort();
          if (options?.signal?.aborted === true) return;
        }
      },
    }));
    await raise(store, a, 1, 2, 4);
    const { runner, model, reached } = await watchedRunner(tallies(), store);
    expect(await codeOf(runner.catchUp(AbortSignal.abort()))).to.equal('deadline-exceeded');
    expect(await codeOf(runner.catchUp(control.signal))).to.equal('deadline-exceeded');
    expect([await reached(), runner.state.is]).to.deep.equal([2n, 'catching-up']);
    await runner.catchUp();
    expect([await rowUnder(model, a), await reached(), runner.state.is]).to.deep.equal([7, 3n, 'following']);
  });

  it('keeps the live rows during a rebuild, and names the interrupted call', async () => {
    const { store, runner, asked } = await watchedRunner();
    await raise(store, a, 1);
    expect(await faultOf(runner.rebuild(AbortSignal.abort()))).to.deep.include({
      code: 'deadline-exceeded',
      facts: { doing: 'a rebuild of tallies.v1' },
    });
    expect(asked.switches).to.deep.equal([]);
  });
});

describe('the steps of a runner', () => {
  it('have at most 100 events, and look up only rows that are not cached', async () => {
    const { store, runner, asked } = await watchedRunner();
    await raise(store, a, ...ones(250));
    await runner.catchUp();
    expect(asked.commits).to.deep.equal([[a], [a], [a]]);
    expect(asked.reads).to.deep.equal([[a]]);
  });

  it('are not taken without new events', async () => {
    const { store, runner, asked, readModels } = await watchedRunner();
    await raise(store, a, 1);
    await runner.catchUp();
    const before = asked.commits.length;
    await runner.catchUp();
    const following = await ProjectionRunner.open({ store: { ...store, readModels }, projection: tallies() });
    await until(() => following.state.is === 'following');
    await following.close();
    expect(asked.commits).to.have.length(before);
  });

  it('go past events that are not wanted, also while following', async () => {
    const { store, reached } = await watchedRunner();
    await raise(store, unwanted, 1);
    const following = await ProjectionRunner.open({ store, projection: tallies() });
    await until(async () => (await reached()) === 1n);
    await raise(store, a, 1);
    await raise(store, unwanted, 1);
    await until(async () => (await reached()) === 3n);
    await following.close();
  });

  it('remove only the removed row, and make no snapshot of it', async () => {
    const { reduce, ...rest } = tallies();
    const shown: unknown[] = [];
    const { store, runner, model, asked } = await watchedRunner({
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
    await runner.catchUp();
    const { rows } = await model.read([a, b, 'two']);
    expect(Object.fromEntries(rows)).to.deep.equal({ [b]: 1, two: 2 });
    expect(asked.commits.map((keys) => [...keys].sort())).to.deep.equal([[a, b, 'two']]);
    expect(shown).to.deep.equal([2, 1]);
  });
});

describe('rows that are past the head of an earlier question', () => {
  const far = positionOf(9, eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV'));

  for (const [what, isKnown] of [
    ['stay there when they are rebuilt, where a record of the store stands', true],
    ['are rebuilt to the head when nothing stands there: they are of a lost history', false],
  ] as const) {
    it(what, async () => {
      const knows = async (position: Position): Promise<boolean> => isKnown || position !== far;
      const { store, runner, model } = await watchedRunner(
        tallies(),
        followedStore(() => ({ knows })),
      );
      await raise(store, a, 1);
      await model.commit({ expected: undefined, checkpoint: far, rows: new Map() });
      const end = isKnown ? far : await store.eventStore.head();
      expect(await runner.rebuild()).to.equal(end);
      expect([await model.checkpoint(), await rowUnder(model, a)]).to.deep.equal([end, 1]);
      await runner.close();
    });
  }
});

describe('the lag of a runner', () => {
  it('is counted up to 10,000 events', async () => {
    const { store, runner } = await watchedRunner();
    const record = (count: number): Promise<unknown> =>
      store.eventStore.append({
        streamId: a,
        expected: 'any',
        events: Array.from({ length: count }, () => newEvent()),
      });
    const lag = async (): Promise<unknown> => {
      const { events, isAtLeast } = await runner.lag();
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
