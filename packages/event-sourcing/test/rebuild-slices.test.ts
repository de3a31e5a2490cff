import {
  type EventStore,
  Fault,
  openMemoryStore,
  type RecordedEvent,
  START,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import { delegating, ordinalOf, positionOf } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { followedStore, growingStore, raise, toldRunner } from './followed.js';
import { tallies } from './tally.js';
import { watchedReadModels } from './watched-read-models.js';

const STREAMS = Array.from({ length: 1000 }, (_, index) => streamId('tally', `${index}`));
const [a, b] = [streamId('tally', 'a'), streamId('tally', 'b')];
/** A projection may give two streams the same row, so no stream is folded by itself. */
const byPosition = { ...tallies(), key: (stream: StreamId): string => stream };

describe('a rebuild of many rows', () => {
  it('writes them in small transactions in key order, and later changes again', async () => {
    const store = openMemoryStore();
    const raiseAll = async (): Promise<void> => {
      for (const stream of STREAMS) await raise(store, stream, 1);
    };
    await raiseAll();
    let conflicts = 1;
    const { readModels, asked } = watchedReadModels(store.readModels, async () => {
      if (conflicts-- <= 0) return;
      await raiseAll();
      throw new Fault('checkpoint-conflict', { model: 'tallies', expected: undefined, actual: undefined });
    });
    const { runner, model } = await toldRunner(
      { ...store, readModels, readModelUpdates: 'followed' },
      { projection: byPosition },
    );
    await runner.rebuild();
    const { rows } = await model.read(STREAMS);
    expect([...rows.values()]).to.deep.equal(STREAMS.map(() => 2));
    expect(Math.max(...asked.slices.map((keys) => keys.length))).to.be.at.most(200);
    expect(asked.slices.slice(0, 4).flat()).to.deep.equal([...STREAMS].sort().slice(0, 800));
  });

  it('holds 20,000 rows in memory, writes them when there are more, and reads them back when needed', async () => {
    const store = await ofManyStreams(20_001);
    const { readModels, asked } = watchedReadModels(store.readModels);
    const { runner, model } = await toldRunner({ ...store, readModels }, { projection: byPosition });
    await runner.rebuild();
    const { rows } = await model.read(store.streams);
    expect(rows.size).to.equal(20_001);
    expect(new Set(rows.values())).to.deep.equal(new Set([2]));
    expect(asked.slices.length).to.be.above(100);
    expect(new Set(asked.readsOfCopies.flat()).size).to.be.above(19_000);
    await runner.close();
  });
});

describe('a rebuild that reads one stream after another', () => {
  for (const count of [2, 1000]) {
    it(`continues with events written meanwhile, from written and unwritten rows: ${count} of them`, async () => {
      const streams = STREAMS.slice(0, count);
      const store = openMemoryStore();
      const raiseAll = async (): Promise<void> => {
        for (const stream of streams) await raise(store, stream, 1);
      };
      await raiseAll();
      const readStreams: EventStore['readStreams'] = async function* (options) {
        yield* store.eventStore.readStreams?.(options) ?? [];
        await raiseAll();
      };
      const eventStore = delegating(store.eventStore, { readStreams });
      const { runner, model } = await toldRunner(
        { ...store, eventStore, readModelUpdates: 'followed' },
        { projection: tallies(), pageSize: 7 },
      );
      await runner.rebuild();
      const { rows } = await model.read(streams);
      expect([...rows.values()]).to.deep.equal(streams.map(() => 2));
    });
  }

  it('continues a stream on the next page, and writes each row about once', async () => {
    const store = openMemoryStore();
    const streams = STREAMS.slice(0, 500);
    for (let times = 0; times < 3; times++) for (const stream of streams) await raise(store, stream, 1);
    await raise(store, a, ...Array.from({ length: 300 }, () => 1));
    const { readModels, asked } = watchedReadModels(store.readModels);
    const { runner, model } = await toldRunner({ ...store, readModels }, { projection: tallies(), pageSize: 10 });
    await runner.rebuild();
    const { rows } = await model.read([...streams, a]);
    expect([...rows.values()]).to.deep.equal([...streams.map(() => 3), 300]);
    expect([...asked.slices, ...asked.switches].flat()).to.have.lengthOf.within(501, 520);
    expect(asked.readsOfCopies.flat()).to.deep.equal([]);
  });
});

describe('a rebuild of rows that many streams share', () => {
  it('reduces each event into the shared row, however far apart the events are', async () => {
    const store = openMemoryStore();
    for (let times = 0; times < 2; times++) for (const stream of STREAMS) await raise(store, stream, 1);
    const shared = { ...tallies(), key: (stream: StreamId): string => stream.slice(-1) };
    const { runner, model } = await toldRunner(store, { projection: shared, pageSize: 7 });
    await runner.rebuild();
    const { rows } = await model.read(['0', '7']);
    expect([...rows.values()]).to.deep.equal([200, 200]);
  });
});

describe('a rebuild of few rows', () => {
  it('reads no rows, and writes each once at the end', async () => {
    const store = followedStore();
    await raise(store, a, ...Array.from({ length: 300 }, () => 1));
    await raise(store, b, 1);
    const { readModels, asked } = watchedReadModels(store.readModels);
    const { runner } = await toldRunner({ ...store, readModels }, { pageSize: 10 });
    await runner.rebuild();
    // Looked at once, when it is opened.
    expect(asked).to.deep.equal({ reads: [[]], commits: [], readsOfCopies: [], slices: [], switches: [[a, b]] });
  });

  it('has the checkpoint up to which it has read, even if an earlier answer named a later head', async () => {
    const store = await growingStore(a);
    const { runner, model } = await toldRunner(store, { projection: tallies() });
    expect(ordinalOf(await runner.rebuild())).to.equal(2n);
    expect(ordinalOf((await model.checkpoint()) ?? START)).to.equal(2n);
  });
});

/** A store whose log raises each of many tallies by 1, and then each once more. */
async function ofManyStreams(
  count: number,
): Promise<ReturnType<typeof followedStore> & { readonly streams: readonly (typeof a)[] }> {
  const store = followedStore();
  await raise(store, a, 1);
  let first: RecordedEvent | undefined;
  for await (const [event] of store.eventStore.readAll()) first = event;
  if (first === undefined) throw new Error('unreachable');
  const { id } = first;
  const streams = Array.from({ length: count }, (_, index) => streamId('tally', `${index}`));
  const log = [...streams, ...streams].map((stream, index) => ({
    ...first,
    streamId: stream,
    position: positionOf(index + 1, id),
  }));
  const readAll: EventStore['readAll'] = async function* ({ after = START } = {}) {
    for (let from = Number(ordinalOf(after)); from < log.length; from += 1000) yield log.slice(from, from + 1000);
  };
  const head: EventStore['head'] = async () => positionOf(log.length, id);
  const knows: EventStore['knows'] = async (position) => log[Number(ordinalOf(position)) - 1]?.position === position;
  return { ...store, streams, eventStore: delegating(store.eventStore, { readAll, head, knows }) };
}
