import { describe, it } from 'mocha';
import {
  DAY,
  NOON,
  PASSKEY,
  authenticate,
  byPasskey,
  external,
  password,
  policy,
  proceed,
  second,
  setUp,
  signIn,
  user,
  withGoogle,
  withPasskey,
  withTotp,
} from './sign-in-given.js';

// docs/how-to/sign-in.md#rules links each rule to its test here.

describe('the second step', () => {
  const asked = { outcome: 'verify', options: [second('TOTP')] } as const;

  it('is a second factor that the policy allows and the user has, forced or not, also after an external login', () => {
    signIn(policy()).of(withTotp).having(password).at(NOON).thenAnswer(asked);
    const both = { ...withTotp, identityProviders: ['google'] };
    signIn(policy()).of(both).having(external).at(NOON).thenAnswer(asked);
    const verified = { ...password, secondFactors: [{ factor: 'TOTP', at: `${DAY}11:01:00Z` }] } as const;
    signIn(policy())
      .of(withTotp)
      .having(verified)
      .at(NOON)
      .thenAnswer({ ...proceed, level: 'two-factors' });
  });

  it('is offered in one order: U2F, TOTP, e-mail, SMS, recovery codes', () => {
    const factors = ['RECOVERY_CODES', 'OTP_SMS', 'OTP_EMAIL', 'TOTP', 'U2F'] as const;
    const options = ['U2F', 'TOTP', 'OTP_EMAIL', 'OTP_SMS', 'RECOVERY_CODES'] as const;
    const all = policy({}, { secondFactors: factors });
    signIn(all)
      .of({ ...user, factors })
      .having(password)
      .at(NOON)
      .thenAnswer({ options: options.map(second) });
  });

  it('is satisfied by a passkey that counts', () => {
    const both = { ...user, factors: ['TOTP', PASSKEY] } as const;
    const session = { passkey: { at: `${DAY}11:00:00Z`, isUserVerified: true } };
    signIn(policy({ forceMfa: true }))
      .of(both)
      .having(session)
      .at(NOON)
      .thenAnswer(proceed);
  });

  it('is never a factor that the policy does not allow', () => {
    signIn(policy({}, { secondFactors: ['U2F'] }))
      .of(withTotp)
      .having(password)
      .at(NOON)
      .thenAnswer(proceed);
  });

  it('is required by forceMfa for everybody, by forceMfaLocalOnly without an external login, and by both for everybody', () => {
    const all = { forceMfa: true };
    const local = { forceMfaLocalOnly: true };
    signIn(policy(all)).of(withGoogle).having(external).at(NOON).thenAnswer(setUp);
    signIn(policy(local)).of(withGoogle).having(external).at(NOON).thenAnswer(proceed);
    signIn(policy(local)).of(user).having(password).at(NOON).thenAnswer(setUp);
    signIn(policy({ ...all, ...local }))
      .of(withGoogle)
      .having(external)
      .at(NOON)
      .thenAnswer(setUp);
  });

  it('that is required is the passkey of the user, otherwise a set-up, never recovery codes alone; otherwise the sign-in is impossible', () => {
    const forced = { forceMfa: true };
    const verify = { outcome: 'verify', options: [byPasskey] } as const;
    signIn(policy(forced)).of(withPasskey).having(password).at(NOON).thenAnswer(verify);
    const options = [byPasskey, second('U2F'), second('TOTP')];
    signIn(policy(forced))
      .of(user)
      .having(password)
      .at(NOON)
      .thenAnswer({ ...setUp, options });
    const codes = policy(forced, { secondFactors: ['RECOVERY_CODES'], multiFactors: [] });
    const impossible = { outcome: 'impossible', reason: 'no-factor-left' } as const;
    signIn(codes).of(user).having(password).at(NOON).thenAnswer(impossible);
  });

  it('that is optional is offered for set-up until the user declines, and again after mfaInitSkip', () => {
    const offerSetUp = [byPasskey, second('U2F'), second('TOTP')];
    const skipped = { ...user, mfaInitSkippedAt: `${DAY}11:30:00Z` };
    signIn(policy())
      .of(user)
      .having(password)
      .at(NOON)
      .thenAnswer({ ...proceed, offerSetUp });
    signIn(policy())
      .of(skipped)
      .having(password)
      .at(NOON)
      .thenAnswer({ ...proceed, offerSetUp: [] });
    const later = { password: '2026-01-31T11:29:00Z' };
    signIn(policy()).of(skipped).having(later).at('2026-01-31T11:29:59Z').thenAnswer({ offerSetUp: [] });
    signIn(policy()).of(skipped).having(later).at('2026-01-31T11:30:00Z').thenAnswer({ offerSetUp });
  });
});

describe('a sign-in request', () => {
  it('may require two factors: any that the user has or can set up', () => {
    const level = { level: 'two-factors' } as const;
    signIn(policy()).of(user).having(password).for(level).at(NOON).thenAnswer(setUp);
    const none = policy({}, { secondFactors: [], multiFactors: [] });
    const impossible = { outcome: 'impossible', reason: 'level-not-reachable' } as const;
    signIn(none).of(user).having(password).for(level).at(NOON).thenAnswer(impossible);
  });

  it('may require a passkey, which the user must have', () => {
    const level = { level: 'passkey' } as const;
    const options = [byPasskey];
    signIn(policy())
      .of(withPasskey)
      .having({})
      .for(level)
      .at(NOON)
      .thenAnswer({ ...authenticate, options });
    signIn(policy()).of(withPasskey).having(password).for(level).at(NOON).thenAnswer({ outcome: 'verify', options });
    const impossible = { outcome: 'impossible', reason: 'level-not-reachable' } as const;
    signIn(policy()).of(withTotp).having(password).for(level).at(NOON).thenAnswer(impossible);
  });
});

describe('the answer to an accepted sign-in', () => {
  it('contains the methods (RFC 8176) and the time of authentication', () => {
    const factors = ['U2F', 'OTP_SMS', 'TOTP'] as const;
    const secondFactors = [
      { factor: 'OTP_SMS', at: `${DAY}11:20:00Z` },
      { factor: 'TOTP', at: `${DAY}11:10:00Z` },
      { factor: 'U2F', at: `${DAY}11:05:00Z` },
    ] as const;
    const amr = ['pwd', 'hwk', 'user', 'otp', 'sms', 'mfa'] as const;
    signIn(policy({}, { secondFactors: factors }))
      .of({ ...user, factors })
      .having({ ...password, secondFactors })
      .at(NOON)
      .thenAnswer({ amr, authenticatedAt: new Date(`${DAY}11:20:00Z`), level: 'two-factors' });
    signIn(policy()).of(withGoogle).having(external).at(NOON).thenAnswer({ amr: [], level: 'one-factor' });
  });
});
