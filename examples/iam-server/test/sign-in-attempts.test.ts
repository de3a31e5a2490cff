import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { networkIn, openAccounts, PasswordChecks, SignInAttempts, type Database } from '@login-policy/iam-server';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';

const HOME = { name: 'owner', network: '192.0.2.1' };
const MINUTE = 60_000;

type Attempt = Parameters<SignInAttempts['begin']>[0];

async function guess(attempts: SignInAttempts, attempt: Attempt): Promise<'looked at' | 'has to wait'> {
  if ((await attempts.begin(attempt)) !== undefined) return 'has to wait';
  await attempts.end(attempt, 'wrong');
  return 'looked at';
}

describe('guessing a password', () => {
  let folder: string;
  let database: Database;
  let now = 0;
  let attempts: SignInAttempts;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sign-in-attempts-'));
    database = await openAccounts(`sqlite:${join(folder, 'accounts.sqlite')}`, () => now);
    attempts = new SignInAttempts(database, () => 'secret');
  });
  beforeEach(() => (now = 0));
  afterEach(() => database.run({ sql: 'DELETE FROM iam.tries', values: [] }));
  after(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

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

  it('is not made easier by tries at many other names', async () => {
    for (let tries = 0; tries < 5; tries++) expect(await guess(attempts, HOME)).to.equal('looked at');
    expect(await guess(attempts, HOME)).to.equal('has to wait');
    for (let other = 0; other < 100; other++) await guess(attempts, { ...HOME, name: `other ${other}` });
    expect(await guess(attempts, HOME)).to.equal('has to wait');
  });

  it('is slowed down twice as much after each failure, and not at all after a success', async () => {
    const waits: (number | undefined)[] = [];
    for (let tries = 0; tries < 10; tries++) {
      const wait = await attempts.begin(HOME);
      if (wait === undefined) await attempts.end(HOME, 'wrong');
      else waits.push(wait.waitSeconds);
      now += (wait?.waitSeconds ?? 0) * 1000;
    }
    expect(waits).to.deep.equal([1, 2, 4]);
    now += 8000;
    expect(await attempts.begin(HOME)).to.equal(undefined);
    await attempts.end(HOME, 'right');
    for (let tries = 0; tries < 5; tries++) expect(await guess(attempts, HOME)).to.equal('looked at');
  });

  it('delays the owner only briefly, even with a wrong try every minute', async () => {
    for (let minute = 0; minute < 100; minute++) {
      await guess(attempts, HOME);
      now += MINUTE / 2;
      expect(await attempts.begin(HOME), `minute ${minute}`).to.equal(undefined);
      await attempts.end(HOME, 'wrong');
      now += MINUTE * 1.5;
    }
  });

  it('from everywhere at once slows a name down, except in browsers that have signed in with it before', async () => {
    for (let network = 0; network < 50; network++)
      expect(await guess(attempts, { name: 'owner', network: `net ${network}` })).to.equal('looked at');
    expect(await guess(attempts, { name: 'owner', network: 'another' })).to.equal('has to wait');
    expect(await guess(attempts, HOME)).to.equal('has to wait');
    expect(await guess(attempts, { ...HOME, device: 'known' })).to.equal('looked at');
  });

  it('at the same time from several processes gets no more tries', async () => {
    const others = await Promise.all(
      [1, 2].map(() => openAccounts(`sqlite:${join(folder, 'accounts.sqlite')}`, () => now)),
    );
    const all = [attempts, ...others.map((one) => new SignInAttempts(one, () => 'secret'))];
    const guesses = await Promise.all(all.flatMap((one) => Array.from({ length: 20 }, () => one.begin(HOME))));
    await Promise.all(others.map((one) => one.close()));
    expect(guesses.filter((answer) => answer === undefined)).to.have.lengthOf(5);
  });

  it('leaves no name in the database: people type passwords there', async () => {
    await guess(attempts, { name: 'hunter2', network: 'home' });
    expect(JSON.stringify(await database.run({ sql: 'SELECT * FROM iam.tries', values: [] }))).not.to.include(
      'hunter2',
    );
  });
});

describe('checking passwords', () => {
  const of = (index: number): Attempt => ({ name: `name ${index}`, network: `network ${index % 100}` });

  /** Checks that wait until they are told to go on, in the order in which they began. */
  const held = (): { readonly checks: PasswordChecks; readonly begun: string[]; readonly next: () => void } => {
    const waiting: (() => void)[] = [];
    const begun: string[] = [];
    const checks = new PasswordChecks((_, password) => {
      begun.push(password);
      return new Promise((resolve) => waiting.push(() => resolve(false)));
    });
    return { checks, begun, next: () => waiting.shift()?.() };
  };

  it('does not let one network block others: they are served in turn', async () => {
    const { begun, checks, next } = held();
    const enter = (attempt: Attempt): Promise<boolean> | undefined =>
      checks.hasRoomFor(attempt) ? checks.isRight(attempt, undefined, attempt.network) : undefined;
    const all = [enter({ name: 'first', network: 'first' })];
    for (let index = 0; index < 200; index++) all.push(enter({ name: `${index}`, network: 'guesser' }));
    for (const network of ['second', 'third']) all.push(enter({ ...HOME, network }));
    const entered = all.filter((one) => one !== undefined);
    for (let turn = 0; turn < entered.length; turn++) {
      await otherWork();
      next();
    }
    await Promise.all(entered);
    expect(begun.slice(1, 5)).to.deep.equal(['guesser', 'second', 'third', 'guesser']);
    expect(entered).to.have.lengthOf(13);
  });

  it('has no room left after a hundred networks have filled it, except for known browsers', () => {
    const { checks } = held();
    for (let index = 0; index <= 1000; index++) void checks.isRight(of(index), undefined, '').catch(() => undefined);
    expect(checks.hasRoomFor(HOME)).to.equal(false);
    expect(checks.hasRoomFor({ ...HOME, device: 'known' })).to.equal(true);
  });
});
