import { SignInAttempts } from '@login-policy/example-iam-server';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const HOME = { name: 'owner', network: '192.0.2.1' };
const MINUTE = 60_000;

type Attempt = Parameters<SignInAttempts['begin']>[0];

async function guess(attempts: SignInAttempts, attempt: Attempt): Promise<'looked at' | 'has to wait'> {
  if ((await attempts.begin(attempt)) !== undefined) return 'has to wait';
  attempts.end(attempt, 'wrong');
  return 'looked at';
}

describe('guessing a password', () => {
  it('gets no new tries at a name by tries at thousands of others', async () => {
    const attempts = new SignInAttempts(() => 0);
    for (let tries = 0; tries < 5; tries++) expect(await guess(attempts, HOME)).to.equal('looked at');
    expect(await guess(attempts, HOME)).to.equal('has to wait');
    for (let other = 0; other < 5000; other++) await guess(attempts, { ...HOME, name: `other ${other}` });
    expect(await guess(attempts, HOME)).to.equal('has to wait');
  });

  it('slows down twice as much with each wrong one, and not at all after the right one', async () => {
    let now = 0;
    const attempts = new SignInAttempts(() => now);
    const waits: (number | undefined)[] = [];
    for (let tries = 0; tries < 10; tries++) {
      const wait = await attempts.begin(HOME);
      if (wait === undefined) attempts.end(HOME, 'wrong');
      else waits.push(wait.waitSeconds);
      now += (wait?.waitSeconds ?? 0) * 1000;
    }
    expect(waits).to.deep.equal([1, 2, 4]);
    now += 8000;
    expect(await attempts.begin(HOME)).to.equal(undefined);
    attempts.end(HOME, 'right');
    for (let tries = 0; tries < 5; tries++) expect(await guess(attempts, HOME)).to.equal('looked at');
  });

  it('keeps the owner out for no more than a moment, at one wrong try a minute for as long as one likes', async () => {
    let now = 0;
    const attempts = new SignInAttempts(() => now);
    for (let minute = 0; minute < 500; minute++) {
      await guess(attempts, HOME);
      now += MINUTE / 2;
      expect(await attempts.begin(HOME), `minute ${minute}`).to.equal(undefined);
      attempts.end(HOME, 'wrong');
      now += MINUTE * 1.5;
    }
  });

  it('from everywhere at once slows a name down for all but the browsers it was signed in with before', async () => {
    const attempts = new SignInAttempts(() => 0);
    for (let network = 0; network < 50; network++)
      expect(await guess(attempts, { name: 'owner', network: `net ${network}` })).to.equal('looked at');
    expect(await guess(attempts, { name: 'owner', network: 'another' })).to.equal('has to wait');
    expect(await guess(attempts, HOME)).to.equal('has to wait');
    expect(await guess(attempts, { ...HOME, device: 'known' })).to.equal('looked at');
  });

  it('keeps nobody else out: they wait their turn, unless a hundred do', async () => {
    const attempts = new SignInAttempts(() => 0);
    const by = (name: string): Attempt => ({ ...HOME, name });
    for (let guesser = 0; guesser < 4; guesser++) await attempts.begin(by(`guesser ${guesser}`));
    let isTheirTurn = false;
    const waiting = attempts.begin(HOME).then((refused) => {
      isTheirTurn = refused === undefined;
    });
    const others = Array.from({ length: 99 }, (_, other) => attempts.begin(by(`other ${other}`)));
    expect(await attempts.begin(by('one too many'))).to.deep.equal({ waitSeconds: 1 });
    expect(isTheirTurn).to.equal(false);
    attempts.end(by('guesser 0'), 'wrong');
    await waiting;
    expect(isTheirTurn).to.equal(true);
    for (let ended = 0; ended < 99; ended++) attempts.end(by('guesser 1'), 'wrong');
    expect(await Promise.all(others)).to.deep.equal(others.map(() => undefined));
  });
});
