import {
  eventCodec,
  instant,
  OriginlessEvent,
  position,
  revision,
  streamId,
  toJsonObject,
  type WithoutOrigin,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const placed: WithoutOrigin = {
  streamId: streamId('tally', 'a'),
  revision: revision(2),
  position: position(7),
  recordedAt: instant(1000),
  type: 'Raised',
  schemaVersion: 1,
  data: { by: 3 },
};

const codec = eventCodec<{ readonly type: 'Raised'; readonly data: object }>({
  Raised: { upcasters: [], read: (data) => data, write: toJsonObject },
});

describe('an event whose origin was left out', () => {
  it('has all else', () => {
    expect(Object.fromEntries(Object.entries(new OriginlessEvent(placed)))).to.deep.equal(placed);
  });

  it('says so to who looks at its id or its metadata all the same', () => {
    const event = new OriginlessEvent(placed);
    expect(() => event.id).to.throw(Error, 'the id of this event was left out');
    expect(() => event.metadata).to.throw(Error, 'the metadata of this event was left out');
  });

  it('can be decoded, and says so as well then', () => {
    const event = codec.decode(new OriginlessEvent(placed));
    expect([event.type, event.data, event.revision]).to.deep.equal(['Raised', { by: 3 }, 2n]);
    expect(() => event.id).to.throw(Error, 'the id of this event was left out');
    expect(() => event.metadata).to.throw(Error, 'the metadata of this event was left out');
  });
});
