import { readFile } from 'node:fs/promises';
import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Place } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
});
afterEach(() => place.remove());

/** A command line, and what has to be said about it. */
const mistakes: readonly (readonly [string, string])[] = [
  ['histroy', '"histroy" is not a command. Did you mean history?'],
  [
    '--json policy',
    'Expected the name of a command first, got the option --json. login-policy --help lists the commands.',
  ],
  ['policy --as-off 3', '--as-off is not an option of policy. Did you mean --as-of?'],
  ['policy --zzzzzz', '--zzzzzz is not an option of policy. login-policy policy --help lists its options.'],
  [
    'policy --as-of',
    '--as-of takes a value: --as-of INSTANT|SEQUENCE|@POSITION. login-policy policy --help lists its options.',
  ],
  ['policy --json=yes', '--json takes no value. login-policy policy --help lists its options.'],
  ['policy --as-of 1 --as-of 2', '--as-of is given twice. login-policy policy --help lists its options.'],
  ['policy acme globex', 'policy takes ORGANIZATION after its name, not "globex".'],
  ['who-allows', 'who-allows needs FACTOR: One of TOTP'],
  [
    'status --store mysql://x',
    '"mysql://x" is not the URL of a store: sqlite:FILE, postgres://HOST/DATABASE or esdb://HOST:2113.',
  ],
  ['history --limit ten', '--limit must be a whole number from 0, not "ten".'],
];

describe('a command line', () => {
  it('with a typing error is answered with a suggestion', async () => {
    await place.seed();
    for (const [line, said] of mistakes) {
      const { code, err, out } = await place.run(line);
      expect(err, line).to.contain(said);
      expect([code, out], line).to.deep.equal([EXIT.usage, '']);
    }
  });

  it('never takes a password as an argument, and never shows one', async () => {
    const argument = await place.run('status --store postgres://iam:s3cret@localhost/iam');
    expect(argument.code).to.equal(EXIT.usage);
    expect(argument.err).to.contain('LOGIN_POLICY_STORE');
    await place.write('url', 'postgres://iam:s3cret@127.0.0.1:1/iam\n');
    const away = await place.run('status --store-file url');
    expect(away.code).to.equal(EXIT.tryAgain);
    expect(argument.err + away.err).not.to.contain('s3cret');
  });

  it('without a store is refused', async () => {
    const { code, err } = await place.run('status', { env: { LOGIN_POLICY_STORE: '' } });
    expect([code, err]).to.deep.equal([
      EXIT.usage,
      'Expected a store: use --store URL, or set LOGIN_POLICY_STORE: sqlite:FILE, postgres://HOST/DATABASE or esdb://HOST:2113.\n',
    ]);
  });

  it('is explained by the reference page, which the program prints', async () => {
    const page = new URL('../../../docs/reference/command-line.md', import.meta.url);
    expect((await place.run('reference')).out).to.equal(await readFile(page, 'utf8'));
  });

  it('is explained by --help, for all commands and for each', async () => {
    const all = await place.run('--help');
    expect(all.out).to.contain('who-allows');
    const one = await place.run('policy --help');
    expect(one.out).to.contain('Examples\n  login-policy policy --store sqlite:iam.db');
    expect((await place.run('help policy')).out).to.equal(one.out);
    expect((await place.run('--version')).out).to.match(/^\d+\.\d+\.\d+\n$/);
  });
});
