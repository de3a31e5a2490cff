import { deepStrictEqual } from 'node:assert/strict';
import {
  evaluateSignIn,
  freshInstance,
  openLoginPolicies,
  orThrow,
  type LoginPolicyView,
  type SignIn,
} from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { ratePerSecond } from '../harness/meter.js';
import type { Row } from '../harness/row.js';
import { judgeByHand, type RawPolicy } from '../raw/raw-sign-in.js';
import { INSTANCE_ID } from '../workload/course.js';

const HOUR = 3_600_000;
const AT = new Date('2026-01-01T12:00:00.000Z');
const ago = (hours: number): Date => new Date(AT.getTime() - hours * HOUR);

/** The typical sessions of a login server: most are sufficient, some are not, or no longer. */
const SIGN_INS: readonly SignIn[] = [
  {
    user: { hasPassword: true, factors: ['TOTP'], identityProviders: [] },
    session: { password: ago(2), secondFactors: [{ factor: 'TOTP', at: ago(1) }] },
    at: AT,
  },
  {
    user: { hasPassword: true, factors: ['U2F_WITH_VERIFICATION'], identityProviders: [] },
    session: { passkey: { at: ago(1), isUserVerified: true } },
    at: AT,
  },
  {
    user: { hasPassword: false, factors: [], identityProviders: ['google'] },
    session: { externalLogin: { identityProvider: 'google', at: ago(3) } },
    at: AT,
  },
  {
    user: { hasPassword: true, factors: ['TOTP', 'U2F'], identityProviders: [] },
    session: { password: ago(1) },
    at: AT,
  },
  { user: { hasPassword: true, factors: [], identityProviders: ['google'] }, session: {}, at: AT },
  {
    user: { hasPassword: true, factors: ['TOTP'], identityProviders: [] },
    session: { password: ago(300), secondFactors: [{ factor: 'TOTP', at: ago(300) }] },
    at: AT,
  },
];

/** Who has nothing to show as a second factor: asked to set one up where the policy requires it. */
const UNPREPARED: SignIn = {
  user: { hasPassword: true, factors: [], identityProviders: [] },
  session: { password: ago(1) },
  at: AT,
};

/** A judgement by a policy that was read before. */
export const signIns: Row = {
  name: 'sign-in-domain',
  work: 'sign-ins of six kinds judged in turn by a policy in memory: five microseconds each is 200 k/s',
  unit: 'judgements/s',
  warmUps: 2,
  target: { bound: 'at least', times: 0.5 },
  async contenders({ isQuick }) {
    const policy = await policyInMemory();
    const byHand = kept(policy);
    const ours = (signIn: SignIn): object => evaluateSignIn(policy, signIn);
    const raw = (signIn: SignIn): object => judgeByHand(byHand, signIn);
    for (const signIn of SIGN_INS) deepStrictEqual(raw(signIn), ours(signIn));
    const forced = { ...policy, settings: { ...policy.settings, forceMfa: true } };
    deepStrictEqual(judgeByHand(kept(forced), UNPREPARED), evaluateSignIn(forced, UNPREPARED));
    const rounds = isQuick ? 1000 : 200_000;
    const measure = (judge: (signIn: SignIn) => object) => () =>
      ratePerSecond(rounds * SIGN_INS.length, () => {
        for (let round = 0; round < rounds; round++) for (const signIn of SIGN_INS) judge(signIn);
      });
    return [
      {
        name: 'ours',
        method: 'evaluateSignIn: all input checked, the first instant at which the answer differs',
        measure: measure(ours),
      },
      {
        name: 'raw',
        method:
          'functions by hand: the same rules and answers, on `Date`s; lifetimes worked out before, nothing checked, no maxAge and no level',
        measure: measure(raw),
      },
    ];
  },
};

function kept(view: LoginPolicyView): RawPolicy {
  const { externalLoginCheck, mfaInitSkip, multiFactorCheck, passwordCheck, secondFactorCheck } =
    view.settings.lifetimes;
  const lifetimes = {
    password: passwordCheck.toMillis(),
    external: externalLoginCheck.toMillis(),
    second: secondFactorCheck.toMillis(),
    passkey: multiFactorCheck.toMillis(),
    skip: mfaInitSkip.toMillis(),
  };
  return { view, lifetimes };
}

async function policyInMemory(): Promise<LoginPolicyView> {
  const store = openMemoryStore();
  const policies = await openLoginPolicies({ store });
  const instance = { instanceId: INSTANCE_ID };
  const identityProviders = [{ id: 'google', ownerType: 'SYSTEM' }] as const;
  orThrow(await policies.add(instance, { ...freshInstance, identityProviders }, { actor: 'bench' }));
  const { policy } = orThrow(await policies.policy(instance));
  await policies.close();
  await store.close();
  return policy;
}
