import { deepStrictEqual } from 'node:assert/strict';
import {
  defaultSettings,
  evaluateSignIn,
  freshInstance,
  openLoginPolicies,
  orThrow,
  SECOND_FACTORS,
} from '@login-policy/domain';
import { changeBetween, parseIdentityProviderId, type ActivePolicy, type Verdict } from '@login-policy/domain/model';
import { analyze, PACKS } from '@login-policy/domain/analysis';
import { openPeople, type UserClass } from '@login-policy/domain/people';
import { previewCommand } from '@login-policy/domain/preview';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { ratePerSecond } from '../harness/meter.js';
import type { Row } from '../harness/row.js';
import { INSTANCE_ID } from '../workload/course.js';

const CLASSES = 20;
const AT = new Date('2026-01-01T12:00:00.000Z');
const ALL = [...SECOND_FACTORS, 'U2F_WITH_VERIFICATION'] as const;

/** What the users of each organization have set up. */
const SHAPES: readonly UserClass[] = Array.from({ length: CLASSES }, (_, number) => ({
  hasPassword: number % 4 !== 0,
  factors: ALL.filter((_factor, at) => (((number * 7 + 1) >> at) & 1) === 1),
  identityProviders: number % 3 === 0 ? ['google'] : [],
  users: number + 1,
  administrators: number % 2,
}));

function* pages(organizations: number): Generator<readonly UserClass[], void, undefined> {
  for (let from = 0; from < organizations; from += 50)
    yield Array.from({ length: 50 }, (_, at) => `organization-${from + at}`).flatMap((organizationId) =>
      SHAPES.map((shape) => ({ ...shape, organizationId })),
    );
}

const BEFORE: ActivePolicy = {
  stage: 'active',
  settings: Object.freeze({ ...defaultSettings, lifetimes: Object.freeze({ ...defaultSettings.lifetimes }) }),
  secondFactors: ['TOTP', 'U2F'],
  multiFactors: ['U2F_WITH_VERIFICATION'],
  identityProviders: [{ id: parseIdentityProviderId('google', 'id'), ownerType: 'SYSTEM' }],
};
const AFTER: ActivePolicy = {
  ...BEFORE,
  settings: Object.freeze({ ...BEFORE.settings, allowUsernamePassword: false }),
};

/** A census of an instance, for a change of its default policy. */
export const census: Row = {
  name: 'census-domain',
  work: 'classes of users of 100,000 organizations, 20 each, judged for a change of the default policy',
  unit: 'classes/s',
  warmUps: 0,
  target: { bound: 'at least', times: 0.5 },
  contenders({ isQuick }) {
    const organizations = isQuick ? 500 : 100_000;
    const expected = (countedByHand(50) / 50) * organizations;
    const measure = (lockedOut: () => number | Promise<number>) => () =>
      ratePerSecond(organizations * CLASSES, async () => deepStrictEqual(await lockedOut(), expected));
    return Promise.resolve([
      {
        name: 'ours',
        method: 'a preview’s count: each class parsed, refused if doubled, counted by organization',
        measure: measure(() => countedByUs(organizations)),
      },
      {
        name: 'raw',
        method: 'a bare loop: `evaluateSignIn` of each class before and after, and a sum of those locked out',
        measure: measure(() => countedByHand(organizations)),
      },
    ]);
  },
};

async function countedByUs(organizations: number): Promise<number> {
  const people = openPeople(() => pages(organizations));
  const store = openMemoryStore();
  const policies = await openLoginPolicies({ store, people });
  const instance = { instanceId: INSTANCE_ID };
  const identityProviders = [{ id: 'google', ownerType: 'SYSTEM' }] as const;
  orThrow(await policies.add(instance, { ...freshInstance, identityProviders }, { actor: 'bench' }));
  const change = { type: 'change', settings: { allowUsernamePassword: false } } as const;
  const found = orThrow(await previewCommand(policies, instance, change)).people;
  await policies.close();
  await store.close();
  if (found === undefined || 'unknown' in found) throw new Error(found?.unknown ?? 'nobody was counted');
  return found.lockedOut.users;
}

function countedByHand(organizations: number): number {
  let lockedOut = 0;
  for (const page of pages(organizations))
    for (const one of page)
      if (changeBetween(verdictOn(BEFORE, one), verdictOn(AFTER, one)) === 'lockedOut') lockedOut += one.users;
  return lockedOut;
}

function verdictOn(policy: ActivePolicy, { factors, hasPassword, identityProviders }: UserClass): Verdict {
  const [identityProvider] = identityProviders;
  const answer = evaluateSignIn(policy, {
    user: { factors, hasPassword, identityProviders },
    session: {
      password: hasPassword ? AT : undefined,
      externalLogin: identityProvider === undefined ? undefined : { identityProvider, at: AT },
      secondFactors: SECOND_FACTORS.filter((one) => factors.includes(one)).map((factor) => ({ factor, at: AT })),
      passkey: factors.includes('U2F_WITH_VERIFICATION') ? { at: AT, isUserVerified: true } : undefined,
    },
    at: AT,
    request: { startedAt: AT },
  });
  if (answer.outcome === 'proceed') return answer.level;
  return answer.outcome === 'set-up' ? 'set-up' : 'no-way-to-sign-in';
}

/** Policies that differ in all that sign-ins depend on, alike in each run. */
function policiesToAnalyze(count: number): readonly ActivePolicy[] {
  let seed = 7;
  const below = (most: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % most;
  };
  const hours = (): string => `PT${below(300)}H`;
  return Array.from({ length: count }, () => ({
    ...BEFORE,
    settings: Object.freeze({
      ...defaultSettings,
      allowUsernamePassword: below(2) === 0,
      allowExternalIdp: below(2) === 0,
      forceMfa: below(4) > 0,
      forceMfaLocalOnly: below(2) === 0,
      passwordlessType: below(2) === 0 ? 'ALLOWED' : 'NOT_ALLOWED',
      lifetimes: Object.freeze({
        passwordCheck: hours(),
        externalLoginCheck: hours(),
        mfaInitSkip: hours(),
        secondFactorCheck: hours(),
        multiFactorCheck: hours(),
      }),
    }),
    secondFactors: SECOND_FACTORS.filter(() => below(2) === 0),
  }));
}

/** All packs on many policies. */
export const analysis: Row = {
  name: 'analysis-domain',
  work: 'random policies analyzed by all packs: 167 a second is 10,000 in a minute',
  unit: 'policies/s',
  warmUps: 0,
  target: { bound: 'at least', figure: 167 },
  contenders({ isQuick }) {
    const policies = policiesToAnalyze(isQuick ? 20 : 10_000);
    return Promise.resolve([
      {
        name: 'ours',
        method: 'analyze: all kinds of users and sessions, until one breaks the property',
        measure: () => ratePerSecond(policies.length, () => policies.map((policy) => analyze(policy, PACKS))),
      },
    ]);
  },
};
