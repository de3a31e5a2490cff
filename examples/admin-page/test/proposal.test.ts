import { expect } from 'chai';
import { describe, it } from 'mocha';
import { commandInWords } from '../src/words/proposal.js';

describe('a proposed command in words', () => {
  it('names settings as the page does, with what they would be', () => {
    const settings = { forceMfa: true, passwordlessType: 'NOT_ALLOWED', lifetimes: { passwordCheck: 'PT240H' } };
    expect(commandInWords({ type: 'change', settings })).to.equal(
      'Require a second factor: on, Passwordless sign-in: off and Password check: 10 days',
    );
    const many = { ...settings, allowRegister: false, defaultRedirectUri: '' };
    expect(commandInWords({ type: 'change', settings: many })).to.match(/ and 2 more$/);
  });

  it('names what it does to a factor, and is as it came where it is unknown', () => {
    expect(commandInWords({ type: 'removeSecondFactor', factor: 'OTP_SMS' })).to.equal('Remove Code by text message');
    expect(commandInWords({ type: 'fly' })).to.equal('fly');
  });
});
