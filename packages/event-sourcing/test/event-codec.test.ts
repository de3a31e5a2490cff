import {
  eventCodec,
  type EventSchema,
  instant,
  isFault,
  type JsonObject,
  monotonicIds,
  position,
  type RecordedEvent,
  revision,
  streamId,
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

function faultOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (fault) {
    return fault;
  }
}

describe('an event codec', () => {
  it('upcasts each older schema version to the newest, step by step', () => {
    const to = { street: 'Main 1', country: 'CH' };
    expect(codec.decode(stored(1, { line: 'Main 1' })).data).to.deep.equal({ to });
    expect(codec.decode(stored(2, { street: 'Main 1' })).data).to.deep.equal({ to });
    expect(codec.decode(stored(3, { to })).data).to.deep.equal({ to });
  });

  it('writes the newest version', () => {
    const encoded = codec.encode({ type: 'Moved', data: { to: { street: 's', country: 'AT' } } });
    expect(encoded).to.deep.equal({ type: 'Moved', schemaVersion: 3, data: { to: { street: 's', country: 'AT' } } });
  });

  it('writes the oldest version that can hold the content if there are downcasters (V1)', () => {
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

  it('refuses an upcaster that returns nothing or something other than an object (V8)', () => {
    for (const answer of [undefined, null, 'text', 7, []]) {
      const upcaster = (): JsonObject => Reflect.get(Object({ answer }), 'answer');
      const broken = eventCodec<Moved>({ Moved: { ...moved, upcasters: [upcaster, upcaster] } });
      const fault = faultOf(() => broken.decode(stored(2, { to: { street: 's', country: 'CH' } })));
      expect(isFault(fault, 'unreadable-event'), String(answer)).to.equal(true);
      if (answer === undefined) expect(fault).to.have.property('message').that.includes('version 2 returned nothing');
    }
  });

  it('refuses to write a type without a schema, and names it', () => {
    expect(() => codec.encode(Object({ type: 'Left', data: {} }))).to.throw(TypeError, 'no schema for the type "Left"');
  });

  it('keeps all recorded facts of an event it decodes', () => {
    for (const event of [stored(1, { line: 'x' }), { ...stored(1, { line: 'x' }), append: { place: 1, count: 3 } }]) {
      const { data: _data, ...facts } = codec.decode(event);
      const { data: _stored, ...expected } = event;
      expect(facts).to.deep.equal(expected);
    }
  });

  it('refuses an upcast result of an unknown shape, a future version, and an unknown type', () => {
    const to = { street: 's', country: 'CH' };
    const [versions, unknown] = ['only schema versions 1 to 3 are known', 'the type is unknown'];
    for (const [event, code, problem] of [
      [stored(2, { street: 5 }), 'unreadable-event', 'street and country must be text'],
      [stored(0, { to }), 'unreadable-event', versions],
      [stored(Number.NaN, { to }), 'unreadable-event', versions],
      [stored(4, { to }), 'written-by-newer-program', versions],
      [{ ...stored(1, {}), type: 'Left' }, 'written-by-newer-program', unknown],
    ] as const) {
      const { streamId: stream, revision: at, type, schemaVersion } = event;
      const facts = { streamId: stream, revision: at, type, schemaVersion, problem };
      expect(faultOf(() => codec.decode(event))).to.deep.include({ code, facts });
    }
  });

  it('tells which types and schema versions it reads', () => {
    const versions = [0, 1, 2, 3, 4];
    expect(versions.map((version) => codec.reads?.('Moved', version))).to.deep.equal([false, true, true, true, false]);
    expect(codec.reads?.('Left', 1)).to.equal(false);
  });
});
