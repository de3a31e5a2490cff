import { type EventStore, isJsonObject, openMemoryStore, streamId } from '@login-policy/event-sourcing';
import { damagedMembers, delegating, metadataIn } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';

const NO_OBJECTS = [null, [], ['a'], 'text', 7, true, undefined];
const metadata = { actor: 'a', correlationId: 'c' };

describe('an event as a store reads it', () => {
  it('has data that is an object', () => {
    for (const data of [{}, { a: [1] }]) expect(isJsonObject(data)).to.equal(true);
    for (const data of NO_OBJECTS) expect(isJsonObject(data)).to.equal(false);
  });

  it('has metadata that names an actor and a correlation', () => {
    for (const said of [metadata, { ...metadata, reason: 'why' }]) expect(metadataIn(said)).to.equal(said);
    for (const said of [
      ...NO_OBJECTS,
      {},
      { actor: 'a' },
      { correlationId: 'c' },
      { ...metadata, actor: 7 },
      { ...metadata, correlationId: null },
    ])
      expect(metadataIn(said)).to.equal(undefined);
  });

  it('has no metadata members of foreign programs, and none that is not text', () => {
    const foreign = { kind: 'import', owner: 'me', position: 7, toJSON: 1, reason: 'why', causationId: 5 };
    const said: unknown = JSON.parse(JSON.stringify({ ...metadata, ...foreign }).replace('kind', '__proto__'));
    const read = metadataIn(said);
    expect(read).to.deep.equal({ ...metadata, reason: 'why' });
    expect(read && damagedMembers(read)).to.deep.equal(['causationId']);
  });
});

describe('a store that delegates to another', () => {
  const stream = streamId('counter', 'a');

  it('does everything as the other, except for replaced methods', async () => {
    const { eventStore } = openMemoryStore();
    const before = delegating(eventStore, { head: () => Promise.reject(new Error('not here')) });
    const receipt = { key: 'key', fingerprint: 'f' };
    const [event] = await before.append({ streamId: stream, expected: 'no-stream', events: [newEvent()], receipt });
    if (event === undefined) throw new Error('unreachable');
    expect(await before.receipt(stream, 'key'))
      .to.deep.equal(await eventStore.receipt(stream, 'key'))
      .and.include(receipt);
    expect(await before.knows(event.position)).to.equal(true);
    expect(await before.head().catch(String)).to.equal('Error: not here');
    const upTo = await eventStore.head();
    for (const pages of [before.readStream(stream), before.readAll(), before.readStreams?.({ upTo })]) {
      const read: unknown[] = [];
      for await (const page of pages ?? []) read.push(...page);
      expect(read).to.deep.equal([event]);
    }
    for await (const message of before.subscribe()) {
      expect(message).to.deep.include({ kind: 'events', position: event.position });
      break;
    }
    await before.close();
    expect(await eventStore.head().catch(String)).to.include('is closed');
  });

  it('has an optional method only if the other has it', () => {
    const whole: EventStore = { ...delegating(openMemoryStore().eventStore), lateByMs: 7 };
    const { readStreams: _, lateByMs: _late, ...least } = whole;
    expect(delegating(whole)).to.include({ lateByMs: 7 }).and.have.property('readStreams');
    expect(delegating(least)).to.not.have.any.keys('lateByMs', 'readStreams');
  });
});
