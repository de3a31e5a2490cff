import {
  defaultSettings,
  evaluateSignIn,
  parseIdentityProviderId,
  type LoginSettings,
  type SignInRules,
} from '@login-policy/domain';
import { signInSpecification } from '@login-policy/testkit';
import { describe, it } from 'mocha';

// docs/how-to/sign-in.md#rules links each rule to its test here.

const signIn = signInSpecification(evaluateSignIn);
const PASSKEY = 'U2F_WITH_VERIFICATION';
const DAY = '2026-01-01T';
const NOON = `${DAY}12:00:00Z`;
const user = { hasPassword: true, factors: [], identityProviders: [] } as const;
const withTotp = { ...user, factors: ['TOTP'] } as const;
const withPasskey = { ...user, factors: [PASSKEY] } as const;
const withGoogle = { ...user, identityProviders: ['google'] };
const password = { password: `${DAY}11:00:00Z` };
const external = { externalLogin: { identityProvider: 'google', at: `${DAY}11:00:00Z` } };
const authenticate = { outcome: 'authenticate' } as const;
const proceed = { outcome: 'proceed' } as const;
const setUp = { outcome: 'set-up' } as const;

const byPassword = { method: 'password' } as const;
const byPasskey = { method: 'passkey' } as const;
const byGoogle = { method: 'external-login', identityProvider: 'google' } as const;
const second = (factor: SignInRules['secondFactors'][number]) => ({ method: 'second-factor', factor }) as const;

type Change = Partial<Omit<LoginSettings, 'lifetimes'>>;

function policy(settings: Change = {}, others: Partial<Omit<SignInRules, 'settings'>> = {}): SignInRules {
  return {
    settings: { ...defaultSettings, ...settings },
    secondFactors: ['TOTP', 'U2F'],
    multiFactors: [PASSKEY],
    identityProviders: [{ id: parseIdentityProviderId('google', 'id'), ownerType: 'SYSTEM' }],
    ...others,
  };
}

const lasting = (passwordCheck: string): SignInRules => {
  const rules = policy();
  const lifetimes = { ...defaultSettings.lifetimes, passwordCheck };
  return { ...rules, settings: { ...defaultSettings, lifetimes } };
};

describe('a check counts', () => {
  it('for as long as its lifetime: exactly as old it no longer counts', () => {
    const hour = signIn(lasting('PT1H'))
      .of(user)
      .having({ password: `${DAY}11:00:00.001Z` });
    hour.at(NOON).thenAnswer({ ...proceed, validUntil: new Date(`${DAY}12:00:00.001Z`) });
    hour.at(`${DAY}12:00:00.001Z`).thenAnswer(authenticate);
  });

  it('from when it was made: one from the future does not count yet', () => {
    const ahead = signIn(policy())
      .of(user)
      .having({ password: `${DAY}12:00:01Z` });
    ahead.at(NOON).thenAnswer({ ...authenticate, validUntil: new Date(`${DAY}12:00:01Z`) });
    ahead.at(`${DAY}12:00:01Z`).thenAnswer(proceed);
  });

  it('with a lifetime of zero only in the sign-in it was made for', () => {
    const asked = signIn(lasting('PT0S')).of(user).having(password);
    asked
      .for({ startedAt: `${DAY}10:59:00Z` })
      .at(NOON)
      .thenAnswer(proceed);
    asked
      .for({ startedAt: `${DAY}11:30:00Z` })
      .at(NOON)
      .thenAnswer(authenticate);
    asked.at(NOON).thenAnswer(authenticate);
  });

  it('until the session expires', () => {
    const session = signIn(policy())
      .of(user)
      .having({ ...password, expiresAt: NOON });
    session.at(`${DAY}11:59:59.999Z`).thenAnswer({ ...proceed, validUntil: new Date(NOON) });
    session.at(NOON).thenAnswer(authenticate);
  });

  it('for a request if it was no older than maxAge when that began, however slow the user is', () => {
    const session = signIn(policy()).of(user).having(password);
    session
      .for({ maxAge: 'PT30M', startedAt: `${DAY}11:30:00Z` })
      .at(NOON)
      .thenAnswer(proceed);
    session
      .for({ maxAge: 'PT30M', startedAt: `${DAY}11:30:01Z` })
      .at(NOON)
      .thenAnswer(authenticate);
    session.for({ maxAge: 'PT1H' }).at(NOON).thenAnswer(proceed);
    session.for({ maxAge: 'PT59M' }).at(NOON).thenAnswer(authenticate);
  });

  it('only while the policy allows it and it is still the user’s', () => {
    signIn(policy({ allowUsernamePassword: false }))
      .of(user)
      .having(password)
      .at(NOON)
      .thenAnswer(authenticate);
    signIn(policy())
      .of({ ...user, hasPassword: false })
      .having(password)
      .at(NOON)
      .thenAnswer(authenticate);
    signIn(policy()).of(withGoogle).having(external).at(NOON).thenAnswer(proceed);
    signIn(policy()).of(user).having(external).at(NOON).thenAnswer(authenticate);
    signIn(policy({}, { identityProviders: [] }))
      .of(withGoogle)
      .having(external)
      .at(NOON)
      .thenAnswer(authenticate);
    signIn(policy({ allowExternalIdp: false }))
      .of(withGoogle)
      .having(external)
      .at(NOON)
      .thenAnswer(authenticate);
  });

  it('as a passkey only if it verified the user', () => {
    const at = `${DAY}11:00:00Z`;
    const passkeys = signIn(policy()).of(withPasskey);
    passkeys
      .having({ passkey: { at, isUserVerified: true } })
      .at(NOON)
      .thenAnswer({ ...proceed, level: 'passkey' });
    passkeys
      .having({ passkey: { at, isUserVerified: false } })
      .at(NOON)
      .thenAnswer(authenticate);
  });
});

describe('the first step', () => {
  it('is asked for with what the user has: passkey, password, linked providers', () => {
    const everything = { ...withPasskey, identityProviders: ['google', 'gone'] };
    const options = [byPasskey, byPassword, byGoogle];
    signIn(policy())
      .of(everything)
      .having({})
      .at(NOON)
      .thenAnswer({ ...authenticate, options });
  });

  it('offers the policy’s other providers only if nothing else is left', () => {
    const nobody = { hasPassword: false, factors: [], identityProviders: [] };
    signIn(policy())
      .of(nobody)
      .having({})
      .at(NOON)
      .thenAnswer({ ...authenticate, options: [byGoogle] });
    signIn(policy())
      .of(user)
      .having({})
      .at(NOON)
      .thenAnswer({ ...authenticate, options: [byPassword] });
  });

  it('is impossible if nothing could count', () => {
    const closed = policy({ allowUsernamePassword: false, allowExternalIdp: false });
    signIn(closed).of(user).having({}).at(NOON).thenAnswer({ outcome: 'impossible', reason: 'no-way-to-sign-in' });
  });

  it('may be a passkey where passwords are not allowed', () => {
    const passwordless = policy({ allowUsernamePassword: false });
    signIn(passwordless)
      .of(withPasskey)
      .having(password)
      .at(NOON)
      .thenAnswer({ ...authenticate, options: [byPasskey] });
  });
});

describe('the second step', () => {
  const asked = { outcome: 'verify', options: [second('TOTP')] } as const;

  it('is a second factor that policy and user have, forced or not, after an external login too', () => {
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

  it('is done by a passkey that counts', () => {
    const both = { ...user, factors: ['TOTP', PASSKEY] } as const;
    const session = { passkey: { at: `${DAY}11:00:00Z`, isUserVerified: true } };
    signIn(policy({ forceMfa: true }))
      .of(both)
      .having(session)
      .at(NOON)
      .thenAnswer(proceed);
  });

  it('is not asked for by a factor that is off the policy', () => {
    signIn(policy({}, { secondFactors: ['U2F'] }))
      .of(withTotp)
      .having(password)
      .at(NOON)
      .thenAnswer(proceed);
  });

  it('is required by forceMfa of everybody, by forceMfaLocalOnly of those without an external login; by both, of everybody', () => {
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

  it('that is required is the user’s passkey, else what can be set up, never recovery codes alone; else impossible', () => {
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

  it('that nothing requires is offered to be set up, until the user says "not now", and again after mfaInitSkip', () => {
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

describe('a request', () => {
  it('may ask for a level: two factors, by whatever the user has or can set up', () => {
    const level = { level: 'two-factors' } as const;
    signIn(policy()).of(user).having(password).for(level).at(NOON).thenAnswer(setUp);
    const none = policy({}, { secondFactors: [], multiFactors: [] });
    const impossible = { outcome: 'impossible', reason: 'level-not-reachable' } as const;
    signIn(none).of(user).having(password).for(level).at(NOON).thenAnswer(impossible);
  });

  it('may ask for a passkey, which the user has to have', () => {
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

describe('an answer that lets somebody in', () => {
  it('says how they signed in, as RFC 8176 does, and when they last did', () => {
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
