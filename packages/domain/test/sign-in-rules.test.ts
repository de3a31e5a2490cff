import { describe, it } from 'mocha';
import {
  DAY,
  NOON,
  authenticate,
  byGoogle,
  byPasskey,
  byPassword,
  external,
  lasting,
  password,
  policy,
  proceed,
  signIn,
  user,
  withGoogle,
  withPasskey,
} from './sign-in-given.js';

// docs/how-to/sign-in.md#rules links each rule to its test here.

describe('a check counts', () => {
  it('for less than its lifetime', () => {
    const hour = signIn(lasting('PT1H'))
      .of(user)
      .having({ password: `${DAY}11:00:00.001Z` });
    hour.at(NOON).thenAnswer({ ...proceed, validUntil: new Date(`${DAY}12:00:00.001Z`) });
    hour.at(`${DAY}12:00:00.001Z`).thenAnswer(authenticate);
  });

  it('from its time on: a check of the future does not count yet', () => {
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

  it('for a request if it was no older than maxAge when the request began', () => {
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

  it('only while the policy allows it and the user still has it', () => {
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
  it('offers what the user has: passkey, password, linked providers', () => {
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
