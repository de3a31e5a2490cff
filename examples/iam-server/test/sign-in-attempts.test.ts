import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SignInAttempts } from '../dist/accounts/sign-in-attempts.js';

function guess(attempts: SignInAttempts, name: string): 'looked at' | 'has to wait' {
  if (attempts.begin(name) !== undefined) return 'has to wait';
  attempts.end(name, 'wrong');
  return 'looked at';
}

describe('guessing a password', () => {
  it('gets no new tries at a name by tries at thousands of others', () => {
    const attempts = new SignInAttempts(() => 0);
    for (let tries = 0; tries < 5; tries++) expect(guess(attempts, 'owner')).to.equal('looked at');
    expect(guess(attempts, 'owner')).to.equal('has to wait');
    for (let other = 0; other < 5000; other++) guess(attempts, `other ${other}`);
    expect(guess(attempts, 'owner')).to.equal('has to wait');
  });

  it('slows down twice as much with each wrong one, up to a minute, and not at all after the right one', () => {
    let now = 0;
    const attempts = new SignInAttempts(() => now);
    const waits: (number | undefined)[] = [];
    for (let tries = 0; tries < 13; tries++) {
      expect(guess(attempts, 'owner')).to.equal('looked at');
      const wait = attempts.begin('owner');
      waits.push(wait?.waitSeconds);
      if (wait === undefined) attempts.end('owner', 'wrong');
      else now += wait.waitSeconds * 1000;
    }
    expect(waits.filter((wait) => wait !== undefined).slice(0, 8)).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(attempts.begin('owner')).to.equal(undefined);
    attempts.end('owner', 'right');
    for (let tries = 0; tries < 5; tries++) expect(guess(attempts, 'owner')).to.equal('looked at');
  });
});
