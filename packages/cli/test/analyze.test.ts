import { EXIT } from '@login-policy/cli';
import { evaluateSignIn, type SignIn } from '@login-policy/domain';
import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'mocha';
import { describeBoth, Place } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

const write = (text: string): Promise<void> => writeFile(join(place.folder, 'policies.yaml'), text);

describeBoth('analyzing policies', () => {
  it('names what does not hold, with a sign-in that shows it, and what a policy can not decide', async () => {
    const { code, out } = await place.run('analyze --pack nist-aal2');
    expect(code).to.equal(EXIT.refused);
    expect(out).to.match(/^Default policy of instance iam\n {2}does not hold: nist-aal2 2\.2\.1: A multi-factor/);
    expect(out).to.contain('    A user with a password, who has shown the password, gets in by one factor.\n');
    expect(out).to.contain('Custom policy of organization globex\n');
    expect(out).to.contain("What a login policy can't decide of nist-aal2 (NIST SP 800-63B-4");
    expect((await place.run('analyze --nobody-below one-factor')).out).to.match(
      /^Default policy .*\n {2}All holds\.\n/,
    );
  });

  it('reproduces in JSON what it names', async () => {
    const { out } = await place.run('analyze --nobody-below passkey --json');
    const parsed: { policies: [{ findings: [{ counterexample: { answer: { outcome: string }; signIn: SignIn } }] }] } =
      JSON.parse(out);
    const { answer, signIn } = parsed.policies[0].findings[0].counterexample;
    const { policy } = JSON.parse((await place.run('policy --json')).out);
    const { settings, secondFactors, multiFactors, identityProviders } = policy;
    const again = evaluateSignIn({ settings, secondFactors, multiFactors, identityProviders }, signIn);
    expect(again).to.include({ outcome: answer.outcome, level: 'one-factor' });
  });

  it('checks a policy file before it is applied', async () => {
    await write(
      'instance: iam\ndefault:\n  settings: { forceMfa: true }\norganizations:\n  acme: { settings: { forceMfa: false } }\n  other: {}\n',
    );
    const checks = '--nobody-below two-factors';
    const { code, out } = await place.run(`analyze policies.yaml ${checks}`);
    expect([code, out]).to.deep.equal([
      EXIT.refused,
      'Default policy of instance iam\n  All holds.\n\nCustom policy of organization acme\n' +
        '  does not hold: Nobody gets in by less than two factors.\n' +
        '    A user with a password, who has shown the password, gets in by one factor.\n\n' +
        // As its users have it now, before the default changes.
        'Custom policy of organization other\n  does not hold: Nobody gets in by less than two factors.\n' +
        '    A user with a password, who has shown the password, gets in by one factor.\n',
    ]);
    await write('instance: iam\ndefault:\n  settings: { forceMfa: true }\n');
    expect((await place.run(`analyze policies.yaml ${checks}`)).code).to.equal(EXIT.done);
    expect((await place.run(`analyze ${checks}`)).code, 'nothing was applied').to.equal(EXIT.refused);
    await write('instance: iam\ndefault:\n  settings: { forceMFa: true }\n');
    const wrong = await place.run(`analyze policies.yaml ${checks}`);
    expect([wrong.code, wrong.err]).to.deep.equal([
      EXIT.data,
      'policies.yaml:3:15: settings.forceMFa is not a setting. Did you mean forceMfa?\n',
    ]);
  });

  it('checks a file of an organization where there is no default', async () => {
    await place.policies((policies) => policies.close(), 'empty.db');
    await write('instance: iam\norganizations:\n  acme: { settings: { forceMfa: true }, secondFactors: [TOTP] }\n');
    const { code, err } = await place.run('analyze policies.yaml --nobody-below two-factors --store sqlite:empty.db');
    expect([code, err]).to.deep.equal([EXIT.done, '']);
  });

  it('does not fail for what a standard only recommends', async () => {
    await place.run('change lifetimes.passwordCheck=PT1000H --yes');
    const { code, out } = await place.run('analyze --pack nist-aal1');
    expect(code).to.equal(EXIT.done);
    expect(out).to.contain('does not hold: nist-aal1 2.1.3 (should): Reauthentication after 30 days at most.');
  });

  it('refuses what it can not check', async () => {
    for (const [line, said] of [
      ['analyze', 'There is nothing to check: add --pack nist-aal1, or a property.'],
      ['analyze --pack nist-aal', 'Did you mean nist-aal1?'],
      ['analyze --nobody-below two', 'is not a level.'],
      ['analyze --no-older-than 12h', '--no-older-than must be'],
    ] as const) {
      const { code, err } = await place.run(line);
      expect(code, line).to.equal(EXIT.usage);
      expect(err).to.contain(said);
    }
  });
});
