import { evaluateSignIn, freshInstance, orThrow, type SignIn, type SignInAnswer } from '@login-policy/domain';
import { ABSENT } from '@login-policy/domain/model';
import { expect } from 'chai';
import { DateTime, Duration } from 'luxon';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk, policyAdded, policyAfter } from './policies.js';
import { EPOCH, lineOf, NOON, PLAIN, policyOf, signInOf, type State } from './sign-in-states.js';

const PASSKEY = 'U2F_WITH_VERIFICATION';
const POLICY = policyOf(PLAIN);
const SIGN_IN = signInOf(PLAIN);
const at = new Date(EPOCH + NOON);

/** Judges what no compiler would let pass. */
function judged(policy: unknown, signIn: unknown): SignInAnswer {
  const answers: SignInAnswer[] = [];
  // `Reflect.apply` asks for no types.
  Reflect.apply((...given: Parameters<typeof evaluateSignIn>) => answers.push(evaluateSignIn(...given)), undefined, [
    policy,
    signIn,
  ]);
  const [answer] = answers;
  if (answer === undefined) throw new Error('it was not judged');
  return answer;
}

function fieldOf(answer: SignInAnswer): string {
  if (answer.outcome !== 'rejected') throw new Error(`it was judged: ${lineOf(answer)}`);
  const { message, rejection } = answer;
  expect(message).to.match(/^\S.*[.?]$/);
  return 'field' in rejection ? rejection.field : rejection.reason;
}

const member = (name: 'user' | 'session' | 'request', value: object): object => ({
  ...SIGN_IN,
  [name]: { ...SIGN_IN[name], ...value },
});
const { settings } = POLICY;
const rules = (value: object): object => ({ ...POLICY, ...value });
const lifetimes = (value: object): object =>
  rules({ settings: { ...settings, lifetimes: { ...settings.lifetimes, ...value } } });

const BAD_SIGN_INS: readonly (readonly [field: string, signIn: unknown])[] = [
  ['signIn', undefined],
  ['signIn', null],
  ['signIn.sesion', { ...SIGN_IN, sesion: {} }],
  ['user', { ...SIGN_IN, user: undefined }],
  ['user.hasPasword', member('user', { hasPasword: true })],
  ['user.hasPassword', member('user', { hasPassword: 'yes' })],
  ['user.factors', member('user', { factors: undefined })],
  ['user.factors', member('user', { factors: 'TOTP' })],
  ['user.factors[1]', member('user', { factors: ['TOTP', 'FACE'] })],
  ['user.factors[0]', member('user', { factors: Array(1) })],
  ['user.identityProviders', member('user', { identityProviders: new Set(['p']) })],
  ['user.identityProviders[0]', member('user', { identityProviders: [7] })],
  ['user.mfaInitSkippedAt', member('user', { mfaInitSkippedAt: 'yesterday' })],
  ['session', { ...SIGN_IN, session: [] }],
  ['session.passwd', member('session', { passwd: at })],
  ['session.password', member('session', { password: new Date(Number.NaN) })],
  ['session.password', member('session', { password: at.getTime() })],
  ['session.password', member('session', { password: '2026-02-30T00:00:00Z' })],
  ['session.password', member('session', { password: '2026-01-01T10:00:00' })],
  ['session.password', member('session', { password: DateTime.invalid('no time') })],
  ['session.password', member('session', { password: null })],
  ['session.externalLogin.identityProvider', member('session', { externalLogin: { at } })],
  ['session.externalLogin.at', member('session', { externalLogin: { identityProvider: 'p' } })],
  ['session.secondFactors', member('session', { secondFactors: { factor: 'TOTP', at } })],
  ['session.secondFactors', member('session', { secondFactors: Array(101).fill({ factor: 'TOTP', at }) })],
  ['session.secondFactors[0].factor', member('session', { secondFactors: [{ factor: PASSKEY, at }] })],
  ['session.secondFactors[0].factor', member('session', { secondFactors: [{ factor: 'FACE', at }] })],
  ['session.secondFactors[0].at', member('session', { secondFactors: [{ factor: 'TOTP' }] })],
  ['session.secondFactors[0].when', member('session', { secondFactors: [{ factor: 'TOTP', at, when: at }] })],
  ['session.passkey.isUserVerified', member('session', { passkey: { at } })],
  ['session.expiresAt', member('session', { expiresAt: 'soon' })],
  ['request.level', member('request', { level: 'gold' })],
  ['request.maxAge', member('request', { maxAge: 'PT-1S' })],
  ['request.maxAge', member('request', { maxAge: 300 })],
  ['request.maxAge', member('request', { maxAge: Duration.fromObject({ months: 1 }) })],
  ['request.max_age', member('request', { max_age: 'PT1S' })],
  ['at', { ...SIGN_IN, at: undefined }],
  ['at', { ...SIGN_IN, at: 'now' }],
];

const BAD_POLICIES: readonly (readonly [field: string, policy: unknown])[] = [
  ['policy', undefined],
  ['policy', null],
  ['policy', 'ALLOW'],
  ['policy', []],
  ['policy', { outcome: 'found' }],
  ['policy-not-found', ABSENT],
  ['policy.stage', rules(ABSENT)],
  ['policy.stage', rules({ stage: 'suspended' })],
  ['policy.allowed', rules({ allowed: true })],
  ['policy.settings', rules({ settings: undefined })],
  ['policy.settings.requirePasskey', rules({ settings: { ...settings, requirePasskey: true } })],
  ['policy.settings.forceMfa', rules({ settings: { ...settings, forceMfa: undefined } })],
  ['policy.settings.passwordlessType', rules({ settings: { ...settings, passwordlessType: 'REQUIRED' } })],
  ['policy.settings.lifetimes', rules({ settings: { ...settings, lifetimes: undefined } })],
  ['policy.settings.lifetimes.passwordCheck', lifetimes({ passwordCheck: undefined })],
  ['policy.settings.lifetimes.secondFactorCheck', lifetimes({ secondFactorCheck: 'a while' })],
  ['policy.settings.lifetimes.secondFactorCheck', lifetimes({ secondFactorCheck: Duration.invalid('none') })],
  ['policy.settings.lifetimes.idleCheck', lifetimes({ idleCheck: 'PT1H' })],
  ['policy.secondFactors[1]', rules({ secondFactors: ['TOTP', 'FACE'] })],
  ['policy.multiFactors[0]', rules({ multiFactors: ['TOTP'] })],
  ['policy.multiFactors', rules({ multiFactors: undefined })],
  ['policy.identityProviders[0].id', rules({ identityProviders: [{ ownerType: 'SYSTEM' }] })],
];

describe('a malformed sign-in is refused', () => {
  it('with the name of the field', () => {
    for (const [field, signIn] of BAD_SIGN_INS) expect(fieldOf(judged(POLICY, signIn))).to.equal(field);
  });

  it('and so is one by an unreadable policy, because the unreadable part may be stricter', () => {
    for (const [field, policy] of BAD_POLICIES) expect(fieldOf(judged(policy, SIGN_IN))).to.equal(field);
  });

  it('with the nearest valid name', () => {
    const answer = judged(POLICY, member('user', { hasPasword: true }));
    expect(answer).to.have.property('message', 'user.hasPasword is not a member of user. Did you mean hasPassword?');
  });

  it('and so is one by a refused read, whose refusal is passed on', async () => {
    const { loginPolicies } = await openDesk();
    const refused = await loginPolicies.effectivePolicy(acme);
    expect(evaluateSignIn(refused, SIGN_IN)).to.equal(refused);
  });

  it('and so is one with inherited members, such as getters of a class: what they demand would be ignored', () => {
    const inheriting = (own: object, inherited: object): object => Object.assign(Object.create(inherited), own);
    const passkey = inheriting({ at }, { isUserVerified: true });
    for (const [field, signIn] of [
      [
        'signIn.request',
        inheriting({ user: SIGN_IN.user, session: { password: at }, at }, { request: { level: 'passkey' } }),
      ],
      ['user.factors', { ...SIGN_IN, user: inheriting({ hasPassword: true }, { factors: [] }) }],
      ['session.expiresAt', { ...SIGN_IN, session: inheriting({ password: at }, { expiresAt: at }) }],
      ['session.passkey.isUserVerified', { ...SIGN_IN, session: { passkey } }],
      ['request.maxAge', { ...SIGN_IN, request: inheriting({ startedAt: at }, { maxAge: 'PT0S' }) }],
    ] as const)
      expect(fieldOf(judged(POLICY, signIn))).to.equal(field);
  });

  it('and so is one with a promise, a Date or a Map, which would pass for a session that has shown nothing', () => {
    for (const empty of [Promise.resolve({ password: at }), new Date(), new Map([['password', at]])])
      for (const field of ['user', 'session', 'request'])
        expect(fieldOf(judged(POLICY, { ...SIGN_IN, [field]: empty }))).to.equal(field);
    expect(judged(POLICY, { ...SIGN_IN, session: Promise.resolve({}) })).to.have.property(
      'message',
      'session must be a plain object, not a promise.',
    );
  });

  it('and so is one with a hidden member, in a plain object or in one of a class (T39)', () => {
    const hiding = (own: object, name: string, value: unknown): object =>
      Object.defineProperty({ ...own }, name, { value, enumerable: false });
    const ofClass = Object.defineProperty(Object.assign(Object.create({ sign: 1 }), { password: at }), 'expiresAt', {
      value: at,
    });
    for (const [field, signIn] of [
      ['session.expiresAt', { ...SIGN_IN, session: hiding({ password: at }, 'expiresAt', at) }],
      ['session.expiresAt', { ...SIGN_IN, session: ofClass }],
      ['signIn.request', hiding(SIGN_IN, 'request', { level: 'passkey' })],
      ['request.level', { ...SIGN_IN, request: hiding({}, 'level', 'passkey') }],
      ['user.factors', { ...SIGN_IN, user: hiding({ hasPassword: true, identityProviders: [] }, 'factors', ['TOTP']) }],
    ] as const)
      expect(fieldOf(judged(POLICY, signIn))).to.equal(field);
  });
});

describe('a sign-in is judged', () => {
  it('with up to 100 checks of second factors', () => {
    const secondFactors = Array.from({ length: 100 }, () => ({ factor: 'TOTP', at }) as const);
    const user = { hasPassword: true, factors: ['TOTP'], identityProviders: [] };
    const answer = judged(POLICY, { user, session: { password: at, secondFactors }, at });
    expect(answer).to.include({ outcome: 'proceed', level: 'two-factors' });
  });
});

describe('a sign-in is judged alike', () => {
  const state: State = { ...PLAIN, session: { password: NOON - 1000, second: [] } };
  const signIn = signInOf(state);

  it('by an answer, by the policy in it and by the state of a policy', async () => {
    const { loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    const answer = orThrow(await loginPolicies.effectivePolicy(acme));
    const content = { secondFactors: ['TOTP', 'U2F'], multiFactors: [PASSKEY] } as const;
    const expected = evaluateSignIn(POLICY, signIn);
    for (const policy of [answer, answer.policy, policyAfter(...policyAdded(content))]) {
      expect(evaluateSignIn(policy, signIn)).to.deep.equal(expected);
    }
  });

  it('whatever the form of instants and durations', () => {
    const text = at.toISOString();
    const session = (password: SignIn['at']): SignIn['session'] => ({ password });
    const forms: readonly SignIn['at'][] = [
      at,
      text,
      DateTime.fromISO(text),
      DateTime.fromISO(text, { zone: 'Asia/Tokyo' }),
    ];
    const answers = forms.map((form) =>
      evaluateSignIn(POLICY, {
        ...signIn,
        at: form,
        session: session(form),
        request: { startedAt: form, maxAge: 'PT5M' },
      }),
    );
    const minutes = Duration.fromObject({ minutes: 5 });
    answers.push(
      evaluateSignIn(POLICY, { ...signIn, session: session(at), request: { startedAt: at, maxAge: minutes } }),
    );
    for (const answer of answers) expect(answer).to.deep.equal(answers[0]);
    expect(answers[0]).to.have.property('outcome', 'proceed');
  });

  it('at the limits of the calendar', () => {
    const first = new Date('0001-01-01T00:00:00.000Z');
    expect(evaluateSignIn(POLICY, { ...signIn, session: { password: first } }).outcome).to.equal('authenticate');
    expect(evaluateSignIn(POLICY, { ...signIn, at: first, session: { password: first } }).outcome).to.equal('proceed');
    const last = new Date('9999-12-31T23:59:59.999Z');
    const atTheEnd = evaluateSignIn(POLICY, { ...signIn, at: last, session: { password: last } });
    expect(atTheEnd).to.deep.include({ outcome: 'proceed', validUntil: new Date(last.getTime() + 240 * 3_600_000) });
    const beyond = evaluateSignIn(POLICY, { ...signIn, at: new Date(last.getTime() + 1) });
    expect(beyond).to.have.nested.property('rejection.field', 'at');
  });

  it('when the settings of a policy object are changed in place: by the current ones', () => {
    const own = { ...POLICY, settings: { ...POLICY.settings } };
    expect(evaluateSignIn(own, signIn).outcome).to.equal('proceed');
    own.settings.allowUsernamePassword = false;
    expect(evaluateSignIn(own, signIn)).to.include({ outcome: 'impossible', reason: 'no-way-to-sign-in' });
  });

  it('however old an expired session’s checks are: none counts', () => {
    const everything: State = {
      ...PLAIN,
      providers: ['p', 'p'],
      user: { password: true, factors: ['TOTP', PASSKEY], linked: ['p'] },
      session: {
        password: NOON,
        external: { by: 'p', at: NOON },
        second: [{ factor: 'TOTP', at: NOON }],
        passkey: { at: NOON, verified: true },
      },
    };
    expect(lineOf(judged(policyOf(everything), signInOf(everything)))).to.match(/^proceed passkey; pwd user otp mfa/);
    const expired = { ...everything, session: { ...everything.session, expiresAt: NOON } };
    expect(lineOf(judged(policyOf(expired), signInOf(expired)))).to.equal('authenticate passkey password by:p');
  });
});
