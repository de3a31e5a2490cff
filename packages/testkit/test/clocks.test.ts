import { instantToIso, parseInstant } from '@login-policy/event-sourcing';
import { fixedClock, settableClock, steppingClock } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const NOON = '2024-06-13T12:00:00.000Z';

describe('a fixed clock', () => {
  it('shows the same moment forever, whether it was given as text or as an instant', () => {
    for (const clock of [fixedClock(NOON), fixedClock(parseInstant(NOON))]) {
      expect([clock(), clock(), clock()].map(instantToIso)).to.deep.equal([NOON, NOON, NOON]);
    }
  });

  it('takes a moment in any offset, but none without one', () => {
    expect(instantToIso(fixedClock('2024-06-13T14:00:00+02:00')())).to.equal(NOON);
    expect(() => fixedClock('2024-06-13T12:00:00')).to.throw(RangeError, 'offset');
    expect(() => fixedClock('noon')).to.throw(RangeError);
    expect(() => fixedClock('2024-13-45T99:00:00Z')).to.throw(RangeError);
  });
});

describe('a stepping clock', () => {
  it('shows its start first and moves on each time it is read', () => {
    const clock = steppingClock(NOON, 250);
    const shown = [clock(), clock(), clock()].map((moment) => moment - parseInstant(NOON));
    expect(shown).to.deep.equal([0, 250, 500]);
  });

  it('runs backwards when the step is negative', () => {
    const clock = steppingClock(NOON, -1);
    clock();
    expect(instantToIso(clock())).to.equal('2024-06-13T11:59:59.999Z');
  });

  it('refuses a step that is not a whole number', () => {
    for (const step of [0.5, Number.NaN, Infinity])
      expect(() => steppingClock(NOON, step)).to.throw(RangeError, 'step');
  });
});

describe('a settable clock', () => {
  it('stands still until it is set or moved, and goes both ways', () => {
    const clock = settableClock(NOON);
    expect(clock()).to.equal(clock());
    clock.advance(-60_000);
    expect(instantToIso(clock())).to.equal('2024-06-13T11:59:00.000Z');
    clock.advance(60_001);
    expect(instantToIso(clock())).to.equal('2024-06-13T12:00:00.001Z');
    clock.set('1999-12-31T23:59:59.999Z');
    expect(instantToIso(clock())).to.equal('1999-12-31T23:59:59.999Z');
    clock.set(parseInstant(NOON));
    expect(instantToIso(clock())).to.equal(NOON);
  });

  it('stays where it is when it is set to no moment', () => {
    const clock = settableClock(NOON);
    expect(() => clock.set('tomorrow')).to.throw(RangeError);
    expect(() => clock.advance(0.1)).to.throw(RangeError);
    expect(instantToIso(clock())).to.equal(NOON);
  });
});
