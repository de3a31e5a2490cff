import { expect } from 'chai';
import { describe, it } from 'mocha';
import { factorsOf } from '../src/wire/factors.js';
import { policyAnswerOf, type Policy } from '../src/wire/policy.js';
import { signInWords } from '../src/words/sign-in.js';

const details = { sequence: '1', creationDate: '', changeDate: '', resourceOwner: '1' };
const LIFETIMES = { passwordCheckLifetime: '864000s', secondFactorCheckLifetime: '64800s' };

function policy(given: object): Policy {
  return policyAnswerOf({ policy: { details, ...LIFETIMES, ...given } });
}

const [passkey] = factorsOf('multi-factor');
const PASSKEYS = { multiFactors: [passkey?.wireName], passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED' };
const TOTP = { secondFactors: ['SECOND_FACTOR_TYPE_OTP'] };

describe('how people sign in, in sentences', () => {
  it('names the first step, the second, and how long each counts', () => {
    expect(signInWords(policy({ allowUsernamePassword: true, ...PASSKEYS, ...TOTP }))).to.deep.equal([
      'People sign in with a password or a passkey.',
      'A passkey counts as both steps.',
      'Who has set up an authenticator app is asked for it, too.',
      'For everybody else, no second step follows: a password alone is enough.',
      'They are asked again for the password after 10 days, for the passkey every time and for the second factor after 18 hours.',
    ]);
  });

  it('says what is required, of whom, and who does not get in', () => {
    const local = { forceMfaLocalOnly: true, allowExternalIdp: true, idps: [{ idpId: 'google' }] };
    expect(signInWords(policy({ allowUsernamePassword: true, ...TOTP, ...local }))[2]).to.equal(
      'After a password, a second factor is required. Who has none sets one up first. Through an identity provider, one step is enough.',
    );
    expect(signInWords(policy({ allowUsernamePassword: true, forceMfa: true }))[1]).to.equal(
      'A second factor is required. Who has none does not get in: there is none to set up.',
    );
    expect(signInWords(policy(TOTP))).to.deep.equal(['Nobody signs in: no first step is allowed.']);
  });
});
