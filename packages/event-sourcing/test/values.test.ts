import {
  categoryOf,
  eventId,
  instant,
  instantToIso,
  keyOf,
  monotonicIds,
  parseInstant,
  parsePosition,
  parseStreamId,
  position,
  positionToString,
  revision,
  streamId,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

describe('values with one parser', () => {
  it('positions are written and read back, and compare as they do in the store', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 128n - 1n), (value) => {
        expect(parsePosition(positionToString(position(value)))).to.equal(value);
      }),
    );
    for (const text of ['', '-1', '1.5', 'x', '9'.repeat(40), (2n ** 128n).toString()]) {
      expect(() => parsePosition(text), text).to.throw(RangeError);
    }
  });

  it('instants are written in UTC with milliseconds, and read with whatever offset', () => {
    expect(instantToIso(instant(1_718_261_079_050))).to.equal('2024-06-13T06:44:39.050Z');
    expect(parseInstant('2024-06-13T08:44:39.050+02:00')).to.equal(1_718_261_079_050);
    for (const text of ['2024-06-13T06:44:39.050', 'yesterday', '', '2024-13-01T00:00:00Z']) {
      expect(() => parseInstant(text), text).to.throw(RangeError);
    }
    for (const value of [1.5, Number.NaN, Infinity, 9e15])
      expect(() => instant(value), `${value}`).to.throw(RangeError);
  });

  it('the category of a stream is all before the first dash', () => {
    const id = streamId('policy', 'a-b/c');
    expect([categoryOf(id), keyOf(id), parseStreamId(id)]).to.deep.equal(['policy', 'a-b/c', id]);
    for (const name of ['', '-x', 'policy', 'policy-', 'pol icy-x', `policy-${'x'.repeat(5000)}`]) {
      expect(() => parseStreamId(name), name).to.throw(RangeError);
    }
  });

  it('revisions are whole numbers from 0 on', () => {
    expect(revision(0)).to.equal(0n);
    expect(() => revision(-1)).to.throw(RangeError);
    expect(() => revision(2 ** 53)).to.throw(RangeError);
  });

  it('event ids sort in the order they were made, also when the clock jumps back', () => {
    let now = 1_700_000_000_000;
    const ids = monotonicIds(() => instant((now -= 7)));
    const made = Array.from({ length: 5000 }, () => ids());
    expect([...made].sort()).to.deep.equal(made);
    expect(new Set(made).size).to.equal(5000);
    for (const id of made) expect(eventId(id)).to.equal(id);
    expect(() => eventId('not-a-ulid')).to.throw(RangeError);
  });
});
