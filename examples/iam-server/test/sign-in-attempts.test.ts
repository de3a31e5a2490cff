import { SignInAttempts } from '@login-policy/example-iam-server';
import { expect } from 'chai';
import { describe, it } from 'mocha';

async function guess(attempts: SignInAttempts, name: string): Promise<'looked at' | 'has to wait'> {
  if ((await attempts.begin(name)) !== undefined) return 'has to wait';
  attempts.end(name, 'wrong');
  return 'looked at';
}

describe('guessing a password', () => {
  it('gets no new tries at a name by tries at thousands of others', async () => {
    const attempts = new SignInAttempts(() => 0);
    for (let tries = 0; tries < 5; tries++) expect(await guess(attempts, 'owner')).to.equal('looked at');
    expect(await guess(attempts, 'owner')).to.equal('has to wait');
    for (let other = 0; other < 5000; other++) await guess(attempts, `other ${other}`);
    expect(await guess(attempts, 'owner')).to.equal('has to wait');
  });

  it('slows down twice as much with each wrong one, up to a minute, and not at all after the right one', async () => {
    let now = 0;
    const attempts = new SignInAttempts(() => now);
    const waits: (number | undefined)[] = [];
    for (let tries = 0; tries < 13; tries++) {
      expect(await guess(attempts, 'owner')).to.equal('looked at');
      const wait = await attempts.begin('owner');
      waits.push(wait?.waitSeconds);
      if (wait === undefined) attempts.end('owner', 'wrong');
      else now += wait.waitSeconds * 1000;
    }
    expect(waits.filter((wait) => wait !== undefined).slice(0, 8)).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(await attempts.begin('owner')).to.equal(undefined);
    attempts.end('owner', 'right');
    for (let tries = 0; tries < 5; tries++) expect(await guess(attempts, 'owner')).to.equal('looked at');
  });

  it('keeps nobody else out: he waits his turn, unless a hundred do', async () => {
    const attempts = new SignInAttempts(() => 0);
    for (let guesser = 0; guesser < 4; guesser++) await attempts.begin(`guesser ${guesser}`);
    let isHisTurn = false;
    const waiting = attempts.begin('owner').then((refused) => {
      isHisTurn = refused === undefined;
    });
    const others = Array.from({ length: 99 }, (_, other) => attempts.begin(`other ${other}`));
    expect(await attempts.begin('one too many')).to.deep.equal({ waitSeconds: 1 });
    expect(isHisTurn).to.equal(false);
    attempts.end('guesser 0', 'wrong');
    await waiting;
    expect(isHisTurn).to.equal(true);
    for (let ended = 0; ended < 99; ended++) attempts.end('guesser 1', 'wrong');
    expect(await Promise.all(others)).to.deep.equal(others.map(() => undefined));
  });
});
