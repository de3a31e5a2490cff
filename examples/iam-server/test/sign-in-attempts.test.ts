import { networkIn, SignInAttempts } from '@login-policy/example-iam-server';
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
  it('counts as from one network for each address of a household, however it is written', () => {
    const households = {
      '2001:db8:0:0::/64': ['2001:db8::1', '2001:db8::2:3:4:5', '[2001:db8::a:b:c:d]:443'],
      '2001:db8:1:0::/64': ['2001:db8:1::5', '2001:db8:1:0:a:b:c:d'],
      '2001:0:0:4::/64': ['2001::4:5:6:7:8'],
      '203.0.113.7': ['203.0.113.7', '203.0.113.7:51234', '::ffff:203.0.113.7', '::FFFF:203.0.113.7'],
    };
    for (const [network, addresses] of Object.entries(households))
      for (const address of addresses) expect(networkIn(address), address).to.equal(network);
  });

  it('is not made easier by tries at thousands of other names', async () => {
    const attempts = new SignInAttempts(() => 0);
    for (let tries = 0; tries < 5; tries++) expect(await guess(attempts, HOME)).to.equal('looked at');
    expect(await guess(attempts, HOME)).to.equal('has to wait');
    for (let other = 0; other < 5000; other++) await guess(attempts, { ...HOME, name: `other ${other}` });
    expect(await guess(attempts, HOME)).to.equal('has to wait');
  });

  it('is slowed down twice as much after each failure, and not at all after a success', async () => {
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

  it('delays the owner only briefly, even with a wrong try every minute', async () => {
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

  it('from everywhere at once slows a name down, except in browsers that have signed in with it before', async () => {
    const attempts = new SignInAttempts(() => 0);
    for (let network = 0; network < 50; network++)
      expect(await guess(attempts, { name: 'owner', network: `net ${network}` })).to.equal('looked at');
    expect(await guess(attempts, { name: 'owner', network: 'another' })).to.equal('has to wait');
    expect(await guess(attempts, HOME)).to.equal('has to wait');
    expect(await guess(attempts, { ...HOME, device: 'known' })).to.equal('looked at');
  });

  it('does not block others: networks are served in turn', async () => {
    const attempts = new SignInAttempts(() => 0);
    const turns: string[] = [];
    const enter = async (attempt: Attempt): Promise<void> => {
      if ((await attempts.begin(attempt)) !== undefined) return;
      turns.push(attempt.network);
      attempts.end(attempt, 'wrong');
    };
    const first: Attempt = { name: 'first', network: 'first' };
    await attempts.begin(first);
    const guesses = Array.from({ length: 200 }, (_, index) => enter({ name: `${index}`, network: 'guesser' }));
    const others = ['second', 'third'].map((network) => enter({ ...HOME, network }));
    attempts.end(first, 'wrong');
    await Promise.all([...guesses, ...others]);
    expect(turns.slice(0, 4)).to.deep.equal(['guesser', 'second', 'third', 'guesser']);
    expect(turns).to.have.lengthOf(12);
  });

  it('from a hundred networks at once delays all except known browsers', async () => {
    const attempts = new SignInAttempts(() => 0);
    const of = (index: number): Attempt => ({ name: `name ${index}`, network: `network ${index % 100}` });
    await attempts.begin(of(0));
    const guesses = Array.from({ length: 1000 }, (_, index) => attempts.begin(of(index)));
    expect(await attempts.begin(HOME)).to.deep.equal({ waitSeconds: 1 });
    const known = attempts.begin({ ...HOME, device: 'known' });
    for (let turn = 0; turn < 1001; turn++) attempts.end(of(turn), 'wrong');
    expect(await Promise.all([...guesses, known])).to.deep.equal(Array.from({ length: 1001 }, () => undefined));
  });
});
