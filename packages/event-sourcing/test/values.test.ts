import {
  categoryOf,
  eventId,
  instant,
  instantToIso,
  monotonicIds,
  openMemoryStore,
  parseInstant,
  parsePosition,
  parseStreamId,
  position,
  positionToString,
  revision,
  START,
  streamId,
} from '@login-policy/event-sourcing';
import { type Append, ordinalOf, positionOf } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

describe('values with one parser', () => {
  it('positions are written and read back, and compare as they do in the store', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 168n - 1n), (value) => {
        expect(parsePosition(positionToString(position(value)))).to.equal(value);
      }),
    );
    for (const text of ['', '-1', '1.5', 'x', '9'.repeat(52), (2n ** 168n).toString()]) {
      expect(() => parsePosition(text), text).to.throw(RangeError);
    }
  });

  it('positions compare by order, and identify their event by the end of its id (V3)', () => {
    const ids = ['01ARZ3NDEKTSV4RRFFQ69G5FAV', '01ARZ3NDEKTSV4RRFFQ69G5FAW'].map(eventId);
    fc.assert(
      fc.property(
        fc.bigInt(0n, 2n ** 128n - 2n),
        fc.constantFrom(...ids),
        fc.constantFrom(...ids),
        (place, one, other) => {
          expect(ordinalOf(positionOf(place, one))).to.equal(place);
          expect(positionOf(place, one) < positionOf(place + 1n, other)).to.equal(true);
          expect(positionOf(place, one) === positionOf(place, other)).to.equal(one === other);
        },
      ),
    );
    expect(ordinalOf(START)).to.equal(0n);
  });

  it('positions have up to 168 bits, of which up to 128 are the order; larger ones are refused', () => {
    const id = eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV');
    for (const place of [0n, 2n ** 128n - 1n]) expect(ordinalOf(positionOf(place, id))).to.equal(place);
    for (const place of [-1, -1n, 2n ** 128n]) expect(() => positionOf(place, id), `${place}`).to.throw(RangeError);
    expect(position(2n ** 168n - 1n)).to.equal(2n ** 168n - 1n);
    for (const value of [-1, -1n, 2n ** 168n]) expect(() => position(value), `${value}`).to.throw(RangeError);
  });

  it('a message quotes only the beginning of a long refused text', () => {
    expect(() => parsePosition('9'.repeat(10_000))).to.throw(RangeError, /^.{51,150}$/);
  });

  it('instants are written in UTC with milliseconds, and read with whatever offset', () => {
    expect(instantToIso(instant(1_718_261_079_050))).to.equal('2024-06-13T06:44:39.050Z');
    expect(parseInstant('2024-06-13T08:44:39.050+02:00')).to.equal(1_718_261_079_050);
    for (const text of ['2024-06-13T06:44:39.050', 'yesterday', '', '2024-13-01T00:00:00Z']) {
      expect(() => parseInstant(text), text).to.throw(RangeError);
    }
    for (const value of [1.5, Number.NaN, Infinity, -Infinity, 8_640_000_000_000_001, -8_640_000_000_000_001])
      expect(() => instant(value), `${value}`).to.throw(RangeError);
  });

  it('instants are read from ISO 8601 only, and a day that the calendar does not have is refused', () => {
    const wrong = [
      'Jan 5 2024 Z',
      'Jan 5 2024Z',
      '2024-02-30T00:00:00Z',
      '2023-02-29T00:00:00.000Z',
      '2024-04-31T00:00:00Z',
    ];
    const alsoWrong = [
      '2024-6-13T06:44:39Z',
      '2024-06-13 06:44:39Z',
      '2024-06-13Z',
      '-000000-01-01T00:00:00Z',
      '2024-06-13T25:00:00Z',
    ];
    for (const text of [...wrong, ...alsoWrong, `2024-06-13T06:44:39.${'0'.repeat(100)}Z`]) {
      expect(() => parseInstant(text), text).to.throw(RangeError, /ISO 8601/);
    }
    expect(parseInstant('2024-02-29T23:59:59.000Z')).to.equal(1_709_251_199_000);
    expect(parseInstant('2024-06-13T06:44Z')).to.equal(1_718_261_040_000);
  });

  it('instants of all times are read back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }), (milliseconds) => {
        const text = instantToIso(instant(milliseconds));
        expect(text).to.equal(new Date(milliseconds).toISOString());
        expect(parseInstant(text)).to.equal(milliseconds);
      }),
    );
  });

  it('the category of a stream is all before the first dash', () => {
    const id = streamId('policy', 'a-b/c');
    expect([categoryOf(id), parseStreamId(id)]).to.deep.equal(['policy', id]);
    const [longest, longestKey] = ['p'.repeat(64), 'x'.repeat(4935)];
    for (const name of [`${longest}-x`, `${longest}-${longestKey}`, 'P0-x', 'p--'])
      expect(parseStreamId(name)).to.equal(name);
    const tooLong = [`${longest}p-x`, `${longest}-${longestKey}x`];
    for (const name of ['', '-x', 'policy', 'policy-', 'pol icy-x', '0p-x', 'p_-x', ...tooLong]) {
      expect(() => parseStreamId(name), name.slice(0, 80)).to.throw(RangeError);
    }
  });

  it('revisions are whole numbers from 0 on', () => {
    for (const value of [0, 0n, 2 ** 53 - 1, 2n ** 63n]) expect(revision(value)).to.equal(BigInt(value));
    for (const value of [-1, -1n, 2 ** 53, 0.5, Number.NaN])
      expect(() => revision(value), `${value}`).to.throw(RangeError);
  });

  it('event ids sort in the order they were made, also when the clock jumps back', () => {
    let now = 1_700_000_000_000;
    const ids = monotonicIds(() => instant((now -= 7)));
    const made = Array.from({ length: 5000 }, () => ids());
    expect([...made].sort()).to.deep.equal(made);
    expect(new Set(made).size).to.equal(5000);
    for (const id of made) expect(eventId(id)).to.equal(id);
    const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    for (const text of ['not-a-ulid', `8${ulid.slice(1)}`, ulid.toLowerCase(), `${ulid}0`, ulid.slice(1), ''])
      expect(() => eventId(text), text).to.throw(RangeError, 'an event id must be a ULID, not');
    for (const letter of 'ILOU') expect(() => eventId(`${ulid.slice(1)}${letter}`), letter).to.throw(RangeError);
  });

  it('event ids are random except for their time; random bytes are read 1,024 at a time', () => {
    let [now, draws] = [1_700_000_000_000, 0];
    const { crypto } = globalThis;
    const draw = crypto.getRandomValues.bind(crypto);
    const getRandomValues: typeof draw = (array) => {
      draws += 1;
      return draw(array);
    };
    Reflect.defineProperty(crypto, 'getRandomValues', { value: getRandomValues, configurable: true });
    try {
      const ids = monotonicIds(() => instant(now++));
      const made = Array.from({ length: 640 }, () => ids().slice(10));
      expect(draws, '16 characters of 640 ids').to.equal(10);
      expect(new Set(made).size).to.equal(640);
      for (let place = 0; place < 16; place++)
        expect(new Set(made.map((id) => id[place])).size, `place ${place}`).to.be.above(16);
    } finally {
      Reflect.deleteProperty(crypto, 'getRandomValues');
    }
  });

  it('event ids can be created whatever the time of the machine', () => {
    for (const moment of [-1, 0, -8_640_000_000_000_000, 8_640_000_000_000_000]) {
      const ids = monotonicIds(() => instant(moment));
      const [first, second] = [ids(), ids()];
      expect(eventId(first) < eventId(second), String(moment)).to.equal(true);
      expect(first.slice(0, 10)).to.equal(moment > 0 ? '7ZZZZZZZZZ' : '0000000001');
    }
  });
});

describe('a clock', () => {
  const append = (): Append => ({
    streamId: streamId('Counter', '1'),
    expected: 'any',
    events: [
      {
        id: monotonicIds()(),
        type: 'Counted',
        schemaVersion: 1,
        data: {},
        metadata: { actor: 'a', correlationId: 'c' },
      },
    ],
  });

  it('that is before 1970 is recorded as it is', async () => {
    const { eventStore } = openMemoryStore({ clock: () => instant(-1) });
    const [event] = await eventStore.append(append());
    expect(event?.recordedAt).to.equal(-1);
  });

  it('that returns an invalid instant is a defect, and nothing is recorded', async () => {
    for (const told of [Number.NaN, 0.5, Infinity]) {
      const { eventStore } = openMemoryStore(Object({ clock: () => told }));
      const outcome = await eventStore.append(append()).catch((error: unknown) => error);
      expect(outcome, String(told)).to.be.instanceOf(RangeError);
      expect(await eventStore.head()).to.equal(START);
    }
  });
});
