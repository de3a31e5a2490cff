import {
  EventStoreDBClient,
  jsonEvent,
  type AppendExpectedRevision,
  type EventData,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'mocha';
import { disposeOf, startServer, type TestServer } from './server.js';

/**
 * What the store is built on, asked of the server with the client alone: it holds for the double, and with
 * `EVENTSTOREDB_URL` the same questions go to a real server.
 */
describe('the server', () => {
  let server: TestServer;
  let client: EventStoreDBClient;

  before(async () => {
    server = await startServer();
    client = EventStoreDBClient.connectionString(server.url);
  });

  after(async () => {
    await disposeOf(client);
    await server.stop();
  });

  const newStream = (): string => `Facts-${randomUUID()}`;
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => (): EventData => eventNamed(name));

  async function append(
    stream: string,
    events: EventData[],
    expectedRevision: AppendExpectedRevision,
  ): Promise<string> {
    try {
      const { nextExpectedRevision } = await client.appendToStream(stream, events, { expectedRevision });
      return `at ${nextExpectedRevision}`;
    } catch (error) {
      return Reflect.get(Object(error), 'type');
    }
  }

  async function read(stream: string, options: Parameters<EventStoreDBClient['readStream']>[1] = {}): Promise<string> {
    const revisions: bigint[] = [];
    try {
      for await (const { event } of client.readStream(stream, options)) if (event) revisions.push(event.revision);
    } catch (error) {
      return Reflect.get(Object(error), 'type');
    }
    return revisions.join(' ');
  }

  async function written(count: number): Promise<string> {
    const stream = newStream();
    await client.appendToStream(
      stream,
      Array.from({ length: count }, () => jsonEvent({ type: 'E', data: {} })),
    );
    return stream;
  }

  it('counts revisions from 0 without gaps, and positions up with gaps', async () => {
    const stream = await written(3);
    const events: ResolvedEvent[] = [];
    for await (const event of client.readStream(stream)) events.push(event);
    expect(events.map(({ event }) => event?.revision)).to.deep.equal([0n, 1n, 2n]);
    const positions = events.map(({ event }) => event?.position?.commit ?? 0n);
    expect((positions[1] ?? 0n) - (positions[0] ?? 0n) > 1n).to.equal(true);
    expect(events.map(({ event }) => event?.position?.prepare)).to.deep.equal(positions);
    expect(events.map(({ commitPosition }) => commitPosition)).to.deep.equal(positions);
  });

  it('answers an append with the position of its last event', async () => {
    const stream = newStream();
    const result = await client.appendToStream(stream, [eventNamed('x'), eventNamed('y')]);
    let last: ResolvedEvent | undefined;
    for await (const event of client.readStream(stream)) last = event;
    expect(result.nextExpectedRevision).to.equal(1n);
    expect(result.position).to.deep.equal(last?.event?.position);
  });

  it('accepts a repeated append at its revision, and writes nothing', async () => {
    const [stream, first, second, third] = [newStream(), a?.(), b?.(), c?.()];
    if (first === undefined || second === undefined || third === undefined) throw new Error('three events');
    expect(await append(stream, [first, second, third], 'no_stream')).to.equal('at 2');
    expect(await append(stream, [first, second, third], 'no_stream')).to.equal('at 2');
    expect(await append(stream, [first, second], 'no_stream')).to.equal('at 1');
    expect(await append(stream, [second, third], 0n)).to.equal('at 2');
    expect(await read(stream)).to.equal('0 1 2');
  });

  it('refuses a different append at that revision, and one at a revision that is passed or in the future', async () => {
    const [stream, first, second, other] = [newStream(), a?.(), b?.(), d?.()];
    if (first === undefined || second === undefined || other === undefined) throw new Error('three events');
    await append(stream, [first, second], 'no_stream');
    expect(await append(stream, [first, second, other], 'no_stream')).to.equal('wrong-expected-version');
    expect(await append(stream, [other], 'no_stream')).to.equal('wrong-expected-version');
    expect(await append(stream, [other], 0n)).to.equal('wrong-expected-version');
    expect(await append(stream, [other], 7n)).to.equal('wrong-expected-version');
  });

  it('does not compare ids at the head: the same events are written again', async () => {
    const [stream, first] = [newStream(), a?.()];
    if (first === undefined) throw new Error('an event');
    await append(stream, [first], 'no_stream');
    expect(await append(stream, [first], 0n)).to.equal('at 1');
  });

  it('accepts an append of 1,048,576 bytes', async () => {
    const event = jsonEvent({ type: 'E', data: { text: 'x'.repeat(1_048_576 - 2 - '{"text":""}'.length) } });
    expect(await append(newStream(), [event], 'no_stream')).to.equal('at 0');
  });

  it('reads from a revision, inclusive, in both directions, and from past the end only backwards', async () => {
    const stream = await written(4);
    expect(await read(stream, { fromRevision: 2n })).to.equal('2 3');
    expect(await read(stream, { fromRevision: 2n, direction: 'backwards' })).to.equal('2 1 0');
    expect(await read(stream, { fromRevision: 9n })).to.equal('');
    expect(await read(stream, { fromRevision: 9n, direction: 'backwards' })).to.equal('3 2 1 0');
    expect(await read(stream, { fromRevision: 'end', direction: 'backwards', maxCount: 1 })).to.equal('3');
  });

  it('reads the log from a position, inclusive forwards and exclusive backwards', async () => {
    const stream = await written(3);
    const positions: { commit: bigint; prepare: bigint }[] = [];
    for await (const { event } of client.readStream(stream)) if (event?.position) positions.push(event.position);
    const [, fromPosition] = positions;
    if (fromPosition === undefined) throw new Error('three events');
    const first = async (direction: 'forwards' | 'backwards'): Promise<bigint | undefined> => {
      for await (const { event } of client.readAll({ fromPosition, direction, maxCount: 1 })) return event?.revision;
      return undefined;
    };
    expect(await first('forwards')).to.equal(1n);
    expect(await first('backwards')).to.equal(0n);
  });

  it('distinguishes a soft-deleted stream from a missing one only in its metadata', async () => {
    const stream = await written(3);
    await client.deleteStream(stream);
    expect(await read(stream)).to.equal('stream-not-found');
    expect(await read(newStream())).to.equal('stream-not-found');
    expect(await read(`$$${stream}`)).to.equal('0');
  });

  it('continues the revisions of a soft-deleted stream', async () => {
    const stream = await written(3);
    await client.deleteStream(stream);
    expect(await append(stream, [eventNamed('again')], 'no_stream')).to.equal('at 3');
    expect(await read(stream)).to.equal('3');
  });

  it('ends a stream with a tombstone forever', async () => {
    const stream = await written(1);
    await client.tombstoneStream(stream);
    expect(await read(stream)).to.equal('stream-deleted');
    expect(await append(stream, [eventNamed('again')], 'no_stream')).to.equal('stream-deleted');
    expect(await append(stream, [eventNamed('again')], 0n)).to.equal('stream-deleted');
  });

  it('hides events by $maxCount and $tb, without changing revisions', async () => {
    const stream = await written(5);
    await client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await read(stream)).to.equal('3 4');
    await client.setStreamMetadata(stream, { truncateBefore: 4 });
    expect(await read(stream)).to.equal('4');
    await client.setStreamMetadata(stream, { truncateBefore: 9 });
    expect(await read(stream)).to.equal('');
    expect(await append(stream, [eventNamed('next')], 4n)).to.equal('at 5');
  });

  it('sends a subscription the history, then caught-up, and then new events', async () => {
    const stream = await written(3);
    const subscription = client.subscribeToAll({ filter: filterOf(stream) });
    const said: string[] = [];
    subscription.on('caughtUp', () => said.push('caught up'));
    for await (const { event } of subscription) {
      said.push(`event ${event?.revision}`);
      if (said.length === 3) await client.appendToStream(stream, eventNamed('live'));
      if (event?.revision === 3n) break;
    }
    await subscription.unsubscribe();
    expect(said.filter((line) => line !== 'caught up')).to.deep.equal(['event 0', 'event 1', 'event 2', 'event 3']);
    expect(said).to.include('caught up');
  });

  function eventNamed(name: string): EventData {
    return jsonEvent({ type: 'Named', data: { name } });
  }
});

function filterOf(prefix: string): { filterOn: 'streamName'; prefixes: string[]; checkpointInterval: number } {
  return { filterOn: 'streamName', prefixes: [prefix], checkpointInterval: 1 };
}
