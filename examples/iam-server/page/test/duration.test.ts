import { expect } from 'chai';
import { describe, it } from 'mocha';
import { amountOf, isoInWords, lifetimeInWords, problemOf, wireOf } from '../src/words/duration.js';

describe('a lifetime in the form', () => {
  it('is shown in the longest unit that says it in a whole number', () => {
    expect(amountOf('864000s')).to.deep.equal({ text: '10', unit: 'days' });
    expect(amountOf('64800s')).to.deep.equal({ text: '18', unit: 'hours' });
    expect(amountOf('90s')).to.deep.equal({ text: '90', unit: 'seconds' });
    expect(amountOf('0s')).to.deep.equal({ text: '0', unit: 'days' });
  });

  it('goes back to the wire as the same lifetime', () => {
    for (const wire of ['0s', '1s', '1.5s', '90s', '64800s', '864000s', '3153600000s']) {
      expect(wireOf(amountOf(wire))).to.equal(wire);
    }
  });

  it('is refused in a sentence when it is not a number, negative or too long', () => {
    expect(problemOf({ text: '', unit: 'days' })).to.contain('Give a number');
    expect(problemOf({ text: 'ten', unit: 'days' })).to.contain('Give a number');
    expect(problemOf({ text: '-1', unit: 'days' })).to.contain('negative');
    expect(problemOf({ text: '36501', unit: 'days' })).to.contain('36,500 days');
    for (const text of ['Infinity', '0x10', '1e3', '1.2.3']) {
      expect(problemOf({ text, unit: 'days' }), text).to.contain('Give a number');
    }
    expect(wireOf({ text: '1,5', unit: 'days' })).to.equal('129600s');
    expect(problemOf({ text: '36500', unit: 'days' })).to.equal(undefined);
    expect(wireOf({ text: '-1', unit: 'days' })).to.equal(undefined);
  });

  it('is said in words, from the wire and from ISO 8601 alike', () => {
    expect(lifetimeInWords('86400s')).to.equal('1 day');
    expect(isoInWords('PT240H')).to.equal('10 days');
    expect(isoInWords('PT1M30S')).to.equal('90 seconds');
    expect(isoInWords('PT0S')).to.equal('0 days');
    expect(isoInWords('some day')).to.equal('some day');
  });
});
