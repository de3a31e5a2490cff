import { readFile } from 'node:fs/promises';
import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { describeBoth, Place } from './running.js';

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
  ['policy ', 'ORGANIZATION is empty.'],
  ['audit --by --default', '--by takes a value: --by ACTOR.'],
  ['policy acme globex', 'policy takes ORGANIZATION after its name, not "globex".'],
  ['who-allows', 'who-allows needs FACTOR: One of TOTP'],
  [
    'status --store mysql://x',
    '"mysql://x" is not the URL of a store: sqlite:FILE, postgres://HOST/DATABASE, esdb://HOST:2113 or kurrentdb://HOST:2113.',
  ],
  ['status --store kurrentdb://ann:s3cret@x', 'Every user of this machine can read a password in an argument.'],
  ['history --limit ten', '--limit must be a whole number from 1 to 10,000, not "ten".'],
  ['history --limit 0', '--limit must be a whole number from 1 to 10,000, not "0".'],
  ['audit --limit 1001', '--limit must be a whole number from 1 to 1,000, not "1001".'],
  ['history --from ten', '--from must be a whole number from 0, not "ten".'],
  ['policy --as-of 2026-11-28', '--as-of must be a sequence (7), a position (@1234) or an instant with its offset'],
  ['policy --as-of 2026-02-30T00:00:00Z', '--as-of must be a sequence (7)'],
  ['policy --as-of 0', '--as-of must be a sequence (7)'],
  ['diff --from 1 --to 2026-11-28', '--to must be a sequence (7)'],
  ['revert 2026-11-28 --yes', 'MOMENT must be a sequence (7)'],
  ['audit --from today', '--from must be an instant with its offset (2026-11-28T12:00:00Z), not "today".'],
  ['audit --to 2026-11-28', '--to must be an instant with its offset (2026-11-28T12:00:00Z), not "2026-11-28".'],
  ['audit --factor OTP', '"OTP" is not a factor of that kind. Did you mean TOTP?'],
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

  it('shows no part of a password with special characters, and calls a malformed URL neither a store nor a defect', async () => {
    for (const url of [
      ...['postgres://iam:se/cret@h/iam', 'postgres://iam:se@cret@h/iam', 'postgres://iam:se#cret@h/iam'],
      ...['postgres://iam:se?cret@h/iam', 'postgres://iam:se%zz/cret@h/iam', 'postgres:iam:se-cret@h/iam'],
      ...[
        'postgres://h/iam?Password=se-cret',
        'iam:se-cret@h',
        'host=h password=se-cret',
        'POSTGRES://iam:se-cret@h/iam',
      ],
      ...['esdb://iam:se@cret@h', 'esdb://iam:se#cret@h'],
    ]) {
      await place.write('url', url);
      // backup shows the URL of a store that it can't back up.
      for (const words of [
        ['status', '--store-file', 'url'],
        ['status', '--store', url],
        ['backup', 'copy.db'],
      ]) {
        const env = { LOGIN_POLICY_STORE: words[0] === 'backup' ? url : '' };
        const { code, err, out } = await place.run(words, { env });
        expect(err + out, words.join(' ')).not.to.match(/\bse\b|cret/);
        expect(code, words.join(' ')).to.be.oneOf([EXIT.usage, EXIT.tryAgain]);
      }
    }
    const api = await place.run('status', { env: { LOGIN_POLICY_STORE: '', LOGIN_POLICY_API: 'iam:se-cret@h' } });
    expect([api.code, api.err.includes('cret')]).to.deep.equal([EXIT.usage, false]);
    await place.write('url', 'the-token');
    expect((await place.run('status --store-file url')).err).to.match(/^The file url is not the URL of a store/);
    const noCertificate = 'postgres://iam@h/iam?sslrootcert=nowhere.pem';
    expect((await place.run(['status', '--store', noCertificate])).code).to.equal(EXIT.usage);
  });

  it('without a store is refused', async () => {
    const { code, err } = await place.run('status', { env: { LOGIN_POLICY_STORE: '' } });
    expect([code, err]).to.deep.equal([
      EXIT.usage,
      'Expected a store: use --store URL, or set LOGIN_POLICY_STORE: sqlite:FILE, postgres://HOST/DATABASE, esdb://HOST:2113 or kurrentdb://HOST:2113.\n',
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

/** A value that the command line takes as it is, and the domain does not. */
const wrongValues: readonly (readonly string[])[] = [
  ...['history --limit 0', 'audit --limit 1001', 'audit --from today', 'audit --factor SMS', 'audit --why !'],
  ...['policy --as-of 2026-11-28', 'policy --as-of 0', 'policy --as-of 2026-11-28T10:00:00', 'diff --from 999'],
  ...['revert 2026-02-30T00:00:00Z --yes', 'change forceMfa=maybe --yes', 'change forceMfa=constructor --yes'],
  ...['change lifetimes.passwordCheck=12h --yes', 'change defaultRedirectUri=constructor --yes'],
  ...[`change forceMfa=yes --yes --reason ${'x'.repeat(2001)}`, `add-identity-provider ${'x'.repeat(201)} --yes`],
].map((line) => line.split(' '));

describeBoth('a value that is not one', () => {
  it('is of a malformed command line, whichever part of the program finds out', async () => {
    await place.seed();
    for (const words of wrongValues) {
      const { code, err } = await place.run([...words, '--json']);
      expect([code, err.includes('defect')], words.join(' ')).to.deep.equal([EXIT.usage, false]);
    }
    expect((await place.run('history --limit 1')).out).to.match(/^4 /);
  });

  it('is not blamed on the file of a sign-in, if it stands on the command line', async () => {
    await place.seed();
    const user = '{ hasPassword: true, factors: [], identityProviders: [] }';
    await place.write('sign-in.yaml', `{ user: ${user}, session: {}, at: 2026-11-28T12:00:00Z }`);
    for (const [line, code] of [
      ['evaluate globex sign-in.yaml --as-of @1', EXIT.refused],
      ['evaluate \u00a0 sign-in.yaml', EXIT.usage],
    ] as const) {
      const ran = await place.run(line);
      expect([ran.code, ran.err.includes('sign-in.yaml:')], line).to.deep.equal([code, false]);
    }
  });

  it('is a refusal, and not the store’s damage, for a position that the store does not have', async () => {
    await place.seed();
    const { code, err } = await place.run('policy --as-of @1');
    expect([code, err.includes('position')]).to.deep.equal([EXIT.refused, true]);
  });
});
