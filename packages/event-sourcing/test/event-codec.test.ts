import {
  eventCodec,
  instant,
  isFault,
  monotonicIds,
  revision,
  streamId,
  type EventSchema,
  type JsonObject,
  type RecordedEvent,
  position,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';

interface Moved {
  readonly type: 'Moved';
  readonly data: { readonly to: { readonly street: string; readonly country: string } };
}

/** Version 1 had one line, version 2 a street, version 3 a country beside it. */
const moved: EventSchema<Moved['data']> = {
  upcasters: [
    ({ line = '' }: JsonObject) => ({ street: line }),
    ({ street = '' }: JsonObject) => ({ to: { street, country: 'CH' } }),
  ],
  write: ({ to: { street, country } }) => ({ to: { street, country } }),
  read(data) {
    const to: unknown = data['to'];
    if (typeof to !== 'object' || to === null) throw new Error('to must be an object');
    const street: unknown = Reflect.get(to, 'street');
    const country: unknown = Reflect.get(to, 'country');
    if (typeof street !== 'string' || typeof country !== 'string') throw new Error('street and country must be text');
    return { to: { street, country } };
  },
};

const codec = eventCodec<Moved>({ Moved: moved });
const ids = monotonicIds();

function stored(schemaVersion: number, data: JsonObject): RecordedEvent {
  return {
    type: 'Moved',
    schemaVersion,
    data,
    id: ids(),
    streamId: streamId('person', '1'),
    revision: revision(4),
    position: position(9),
    recordedAt: instant(12),
    metadata: { actor: 'a', correlationId: 'c' },
  };
}

describe('an event codec', () => {
  it('brings each older schema version up to the newest, one step after another', () => {
    const to = { street: 'Main 1', country: 'CH' };
    expect(codec.decode(stored(1, { line: 'Main 1' })).data).to.deep.equal({ to });
    expect(codec.decode(stored(2, { street: 'Main 1' })).data).to.deep.equal({ to });
    expect(codec.decode(stored(3, { to })).data).to.deep.equal({ to });
  });

  it('writes the newest version', () => {
    const encoded = codec.encode({ type: 'Moved', data: { to: { street: 's', country: 'AT' } } });
    expect(encoded).to.deep.equal({ type: 'Moved', schemaVersion: 3, data: { to: { street: 's', country: 'AT' } } });
  });

  it('writes the oldest version that holds the content, where it is told how to go back (V1)', () => {
    const downcasters = [
      ({ street = '' }: JsonObject) => ({ line: street }),
      ({ to }: JsonObject) =>
        Reflect.get(Object(to), 'country') === 'CH' ? { street: String(Reflect.get(Object(to), 'street')) } : undefined,
    ];
    const frugal = eventCodec<Moved>({ Moved: { ...moved, downcasters } });
    const event = (country: string): Moved => ({ type: 'Moved', data: { to: { street: 's', country } } });
    expect(frugal.encode(event('CH'))).to.deep.equal({ type: 'Moved', schemaVersion: 1, data: { line: 's' } });
    expect(frugal.encode(event('AT'))).to.deep.include({ schemaVersion: 3 });
    for (const country of ['CH', 'AT']) {
      const { schemaVersion, data } = frugal.encode(event(country));
      expect(codec.decode(stored(schemaVersion, data)).data).to.deep.equal(event(country).data);
    }
  });

  it('takes no old shape for a new one when an upcaster answers nothing (V8)', () => {
    const nothing = (): JsonObject => Reflect.get({}, 'nothing');
    const broken = eventCodec<Moved>({ Moved: { ...moved, upcasters: [nothing, nothing] } });
    const isRefused = (): boolean => {
      try {
        broken.decode(stored(2, { to: { street: 's', country: 'CH' } }));
        return false;
      } catch (caught) {
        return isFault(caught, 'unreadable-event');
      }
    };
    expect(isRefused()).to.equal(true);
  });

  it('keeps all recorded facts of an event it decodes', () => {
    const event = stored(1, { line: 'x' });
    const { data: _data, ...facts } = codec.decode(event);
    const { data: _stored, ...expected } = event;
    expect(facts).to.deep.equal(expected);
  });

  it('refuses what an upcaster made that is of no known shape, a version of the future, an unknown type', () => {
    const faultFor = (event: RecordedEvent): unknown => {
      try {
        return codec.decode(event);
      } catch (fault) {
        return fault;
      }
    };
    expect(isFault(faultFor(stored(2, { street: 5 })), 'unreadable-event')).to.equal(true);
    expect(isFault(faultFor(stored(4, {})), 'written-by-newer-program')).to.equal(true);
    expect(isFault(faultFor({ ...stored(1, {}), type: 'Left' }), 'written-by-newer-program')).to.equal(true);
  });
});
