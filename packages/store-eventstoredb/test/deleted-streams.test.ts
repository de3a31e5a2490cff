import { binaryEvent, EventStoreDBClient, jsonEvent, type MetadataType } from '@eventstore/db-client';
import {
  type EventStore,
  isFault,
  monotonicIds,
  ProjectionRunner,
  revision,
  type Store,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Append, NewEvent } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'mocha';
import { disposeOf, startServer, unusedPrefix, type TestServer } from './server.js';

const nextId = monotonicIds();

/** The tests of a stream that somebody else changed behind the library's back, on the double or a real server. */
describe('a stream that was changed outside the library', () => {
  let server: TestServer;
  let client: EventStoreDBClient;
  let prefix: string;
  let store: Store;
  let stream: StreamId;

  before(async () => {
    server = await startServer();
    client = EventStoreDBClient.connectionString(server.url);
    prefix = unusedPrefix();
    store = connectEventStoreDb(server.url, { streamPrefix: prefix });
  });

  after(async () => {
    await store.close();
    await disposeOf(client);
    await server.stop();
  });

  beforeEach(async () => {
    stream = streamId('Counter', randomUUID());
    await store.eventStore.append({ streamId: stream, expected: 'no-stream', events: newEvents(3) });
  });

  const name = (): string => prefix + stream;

  /** What reading and writing come to, through a store that has never seen the stream and through one that has. */
  async function outcomes(expected: Append['expected']): Promise<readonly string[]> {
    const fresh = connectEventStoreDb(server.url, { streamPrefix: prefix });
    try {
      const append = { streamId: stream, expected, events: newEvents(1) };
      return [...(await readAndAppend(store.eventStore, append)), ...(await readAndAppend(fresh.eventStore, append))];
    } finally {
      await fresh.close();
    }
  }

  it('by a soft delete is a damaged store, not an empty stream', async () => {
    await client.deleteStream(name());
    expect(await outcomes('no-stream')).to.deep.equal(Array(4).fill('store-damaged'));
    expect(await outcomes('any')).to.deep.equal(Array(4).fill('store-damaged'));
  });

  it('by a soft delete is not revived by an append of a process that had read it', async () => {
    await client.deleteStream(name());
    const { eventStore } = store;
    const call = eventStore.append({ streamId: stream, expected: revision(2), events: newEvents(1) });
    await call.catch(() => undefined);
    expect(await outcomeOf(() => revisionsOf(eventStore, stream))).to.equal('store-damaged');
  });

  it('by a soft delete between two commands is met by the second, once the end it knows is 30 s old', async () => {
    await client.deleteStream(name());
    const { now } = performance;
    performance.now = () => now.call(performance) + 31_000;
    try {
      const append = { streamId: stream, expected: revision(2), events: newEvents(1) } as const;
      expect(await outcomeOf(() => store.eventStore.append(append))).to.equal('store-damaged');
    } finally {
      performance.now = now;
    }
    const isStillDeleted = client.readStream(name())[Symbol.asyncIterator]().next();
    expect(await outcomeOf(() => isStillDeleted)).to.match(/StreamNotFound|not found/);
  });

  it('by a soft delete after it was found missing is a damaged store', async () => {
    stream = streamId('Counter', randomUUID());
    expect(await outcomeOf(() => revisionsOf(store.eventStore, stream))).to.equal('');
    await client.appendToStream(name(), [
      jsonEvent({ type: 'Counted', data: {} }),
      jsonEvent({ type: 'Counted', data: {} }),
    ]);
    await client.deleteStream(name());
    const append = { streamId: stream, expected: 'no-stream', events: newEvents(1) } as const;
    expect(await outcomeOf(() => store.eventStore.append(append))).to.equal('store-damaged');
  });

  it('by a tombstone is a damaged store', async () => {
    await client.tombstoneStream(name());
    expect(await outcomes('no-stream')).to.deep.equal(Array(4).fill('store-damaged'));
    expect(await outcomes(revision(2))).to.deep.equal(Array(4).fill('store-damaged'));
  });

  it('by a soft delete and new events is a damaged store', async () => {
    await client.deleteStream(name());
    await client.appendToStream(name(), jsonEvent({ type: 'Counted', data: {} }));
    expect(await outcomeOf(() => revisionsOf(store.eventStore, stream))).to.not.match(/^\d/);
  });

  async function isDamagedBy(metadata: Parameters<EventStoreDBClient['setStreamMetadata']>[1]): Promise<void> {
    await client.setStreamMetadata(name(), metadata);
    const backwards = { direction: 'backwards' } as const;
    expect(await outcomeOf(() => revisionsOf(store.eventStore, stream))).to.equal('store-damaged');
    expect(await outcomeOf(() => revisionsOf(store.eventStore, stream, backwards))).to.equal('store-damaged');
  }

  it('by $maxCount is a damaged store, read forwards and backwards', () => isDamagedBy({ maxCount: 2 }));

  it('by $tb is a damaged store, read forwards and backwards', () => isDamagedBy({ truncateBefore: 1 }));

  it('by $tb that hides all of it is a damaged store, not an empty stream', () => isDamagedBy({ truncateBefore: 9 }));

  it('by an event of another program is reported with its place', () => isUnreadableWith({}));

  it('by an event whose place in its append is text is reported with its place', () => {
    const ours = { recordedAt: '2026-01-01T00:00:00.000Z', schemaVersion: 1, actor: 'tester', $correlationId: 'c' };
    return isUnreadableWith({ ...ours, append: { place: '1', count: '2' } });
  });

  async function isUnreadableWith(metadata: MetadataType): Promise<void> {
    await client.appendToStream(name(), jsonEvent({ type: 'Counted', data: { by: 1 }, metadata }));
    const caught: unknown = await revisionsOf(store.eventStore, stream).catch((error: unknown) => error);
    if (!isFault(caught, 'unreadable-event')) throw new Error('an unreadable event was expected');
    expect(caught.facts).to.include({ streamId: stream, revision: 3n, type: 'Counted' });
  }

  it('by metadata and tombstones returns none of them in a read of the log', async () => {
    const streamPrefix = unusedPrefix();
    const apart = connectEventStoreDb(server.url, { streamPrefix });
    await apart.eventStore.append({ streamId: stream, expected: 'no-stream', events: newEvents(3) });
    await client.setStreamMetadata(`${streamPrefix}${stream}`, { maxCount: 1000 });
    await client.tombstoneStream(`${streamPrefix}Gone-1`);
    const seen: string[] = [];
    for await (const page of apart.eventStore.readAll()) seen.push(...page.map((event) => event.type));
    expect(seen).to.deep.equal(['Counted', 'Counted', 'Counted']);
    await apart.close();
  });

  for (const type of ['$>', '$@', '$statsCollected'])
    it(`by an event of the type ${type} is unreadable, in the stream and in the rows`, () => isForeign(type));

  async function isForeign(type: string): Promise<void> {
    const reading = await ProjectionRunner.open({ store, projection: counterTotals });
    await client.appendToStream(name(), binaryEvent({ type, data: Buffer.from(`0@${prefix}Counter-other`) }));
    const atLeast = await store.eventStore.head();
    expect(await outcomeOf(() => revisionsOf(store.eventStore, stream))).to.equal('unreadable-event');
    const { unreadable, rows } = await reading.read([stream], { atLeast });
    expect([rows.size, unreadable.has(stream)]).to.deep.equal([0, true]);
    await reading.close();
  }
});

async function readAndAppend(eventStore: EventStore, append: Append): Promise<readonly string[]> {
  return [
    await outcomeOf(() => revisionsOf(eventStore, append.streamId)),
    await outcomeOf(() => eventStore.append(append)),
  ];
}

async function revisionsOf(
  eventStore: EventStore,
  stream: StreamId,
  options?: Parameters<EventStore['readStream']>[1],
): Promise<string> {
  const revisions: bigint[] = [];
  for await (const page of eventStore.readStream(stream, options))
    revisions.push(...page.map((event) => event.revision));
  return revisions.join(' ');
}

async function outcomeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    return String(await call());
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

function newEvents(count: number): readonly NewEvent[] {
  return Array.from({ length: count }, () => ({
    id: nextId(),
    type: 'Counted',
    schemaVersion: 1,
    data: { by: 1 },
    metadata: { actor: 'tester', correlationId: 'deleted' },
  }));
}
