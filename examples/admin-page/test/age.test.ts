import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ageInWords } from '../src/words/age.js';

describe('an age in words', () => {
  it('has its largest unit, rounded down', () => {
    const said = ['PT0S', 'PT59S', 'PT60S', 'PT3599S', 'PT4000S', 'PT12H', 'PT172799S', 'P1D', 'P30D', 'P1DT1H'];
    expect(said.map(ageInWords)).to.deep.equal([
      ...['just now', 'less than a minute ago', '1 minute ago', '59 minutes ago', '1 hour ago', '12 hours ago'],
      ...['1 day ago', '1 day ago', '30 days ago', '1 day ago'],
    ]);
  });

  it('is as it came where it is of another form', () => {
    expect(ageInWords('P1Y')).to.equal('P1Y');
  });
});
