import { expect } from 'chai';
import { describe, it } from 'mocha';
import { amountOf, isoInWords, lifetimeInWords, problemOf, wireOf } from '../src/words/duration.js';

describe('a lifetime in the form', () => {
  it('is shown in the longest unit with a whole number', () => {
    expect(amountOf('864000s')).to.deep.equal({ text: '10', unit: 'days' });
    expect(amountOf('64800s')).to.deep.equal({ text: '18', unit: 'hours' });
    expect(amountOf('90s')).to.deep.equal({ text: '90', unit: 'seconds' });
    expect(amountOf('0s')).to.deep.equal({ text: '0', unit: 'days' });
  });

  it('is sent as the same lifetime', () => {
    for (const wire of ['0s', '1s', '1.5s', '90s', '64800s', '864000s', '3153600000s']) {
      expect(wireOf(amountOf(wire))).to.equal(wire);
    }
  });

  it('is refused with a message if it is not a number, negative or too long', () => {
    expect(problemOf({ text: '', unit: 'days' })).to.contain('Give a number');
    expect(problemOf({ text: 'ten', unit: 'days' })).to.contain('Give a number');
    // A lifetime of zero counts within its own sign-in.
    expect(problemOf({ text: '-1', unit: 'days' })).to.equal('A lifetime can’t be negative. The least is zero.');
    expect(problemOf({ text: '36501', unit: 'days' })).to.contain('36,500 days');
    for (const text of ['Infinity', '0x10', '1e3', '1.2.3']) {
      expect(problemOf({ text, unit: 'days' }), text).to.contain('Give a number');
    }
    expect(wireOf({ text: '1,5', unit: 'days' })).to.equal('129600s');
    expect(problemOf({ text: '36500', unit: 'days' })).to.equal(undefined);
    expect(wireOf({ text: '-1', unit: 'days' })).to.equal(undefined);
  });

  it('may have groups of thousands, and is refused if its point is ambiguous', () => {
    const days = (text: string): string | undefined => wireOf({ text, unit: 'days' });
    for (const text of ['36500', '36,500', '36 500', '36\u00A0500', '36\u202F500', "36'500"])
      expect(days(text), text).to.equal('3153600000s');
    expect(wireOf({ text: '1,234,567', unit: 'seconds' })).to.equal('1234567s');
    expect(wireOf({ text: '1.234.567', unit: 'seconds' })).to.equal('1234567s');
    expect(wireOf({ text: '1.000,5', unit: 'seconds' })).to.equal('1000.5s');
    expect(wireOf({ text: '1,000.5', unit: 'seconds' })).to.equal('1000.5s');
    expect(days('0,125')).to.equal('10800s');
    expect(problemOf({ text: '1.000', unit: 'days' })).to.contain('as 1 or as 1000');
    for (const text of ['1,00', '10,0000']) expect(problemOf({ text, unit: 'days' }), text).to.equal(undefined);
    for (const text of ['1,000,00', '1 00', ',5', '1.000.00'])
      expect(problemOf({ text, unit: 'days' }), text).to.contain('Give');
    expect(wireOf(amountOf('1.125s')), 'what the page itself writes').to.equal('1.125s');
  });

  it('is shown in words, from protobuf and from ISO 8601 alike', () => {
    expect(lifetimeInWords('86400s', 'passwordCheck')).to.equal('1 day');
    expect(isoInWords('PT240H', 'passwordCheck')).to.equal('10 days');
    expect(isoInWords('PT1M30S', 'passwordCheck')).to.equal('90 seconds');
    expect(isoInWords('PT0S', 'passwordCheck')).to.equal('asks every time');
    expect(isoInWords('PT0S', 'mfaInitSkip')).to.equal('never asks');
    expect(isoInWords('some day', 'passwordCheck')).to.equal('some day');
  });
});
