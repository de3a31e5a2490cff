import { evaluateSignIn, SECOND_FACTORS, type SignIn } from '@login-policy/domain';
import {
  parseIdentityProviderId,
  SIGN_IN_LEVELS,
  type ActivePolicy,
  type LoginPolicy,
} from '@login-policy/domain/model';
import {
  analyze,
  checksNoOlderThan,
  everyUserCanGetIn,
  implies,
  nobodyGetsInBelow,
  nobodyGetsInByPhishing,
  PACKS,
  phishingResistanceIsOffered,
  type Property,
} from '@login-policy/domain/analysis';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { policies } from './arbitraries.js';
import { PASSKEY, policyAdded, policyAfter } from './policies.js';
import { subsetsOf } from './ways-in-oracle.js';

const HOUR = 3_600_000;
const AT = new Date('2020-01-01T00:00:00.000Z');
type Content = NonNullable<Parameters<typeof policyAdded>[0]>;

function policyOf(content: Content): ActivePolicy {
  const policy: LoginPolicy = policyAfter(...policyAdded(content));
  if (policy.stage !== 'active') throw new Error('the policy was added');
  return policy;
}

const forced = { forceMfa: true } as const;
const short = {
  passwordCheck: 'PT12H',
  externalLoginCheck: 'PT12H',
  mfaInitSkip: 'PT720H',
  secondFactorCheck: 'PT12H',
  multiFactorCheck: 'PT12H',
};
const strict: Content = {
  settings: { ...forced, passwordlessType: 'ALLOWED', lifetimes: short },
  secondFactors: ['U2F'],
  multiFactors: [PASSKEY],
};

/** Every subset of all checks at each age: nothing is left out, whether it matters or not. */
function* everything(policy: ActivePolicy, ages: readonly number[]): Generator<SignIn, void, undefined> {
  const provider = policy.identityProviders[0]?.id;
  const instants = ages.map((age) => new Date(AT.getTime() - age));
  const maybe = [undefined, ...instants];
  for (const factors of subsetsOf([...SECOND_FACTORS, PASSKEY] as const))
    for (const hasPassword of [false, true])
      for (const identityProviders of provider === undefined ? [[]] : [[], [provider]])
        for (const first of firstSteps(hasPassword ? maybe : [undefined], provider === undefined ? [undefined] : maybe))
          yield* withSecond({ hasPassword, factors, identityProviders }, first, maybe);
}

type FirstStep = Readonly<Record<'external' | 'password', Date | undefined>>;

function firstSteps(passwords: readonly (Date | undefined)[], logins: readonly (Date | undefined)[]): FirstStep[] {
  return passwords.flatMap((password) => logins.map((external) => ({ password, external })));
}

/** All combinations of the second step and the passkey, of a user and a first step. */
function* withSecond(
  user: SignIn['user'],
  { external, password }: FirstStep,
  maybe: readonly (Date | undefined)[],
): Generator<SignIn, void, undefined> {
  const [identityProvider] = user.identityProviders;
  const own = SECOND_FACTORS.filter((factor) => user.factors.includes(factor));
  for (const passkey of user.factors.includes(PASSKEY) ? maybe : [undefined])
    for (const checked of subsetsOf(own))
      for (const at of checked.length === 0 ? [AT] : maybe.filter((one) => one !== undefined))
        yield {
          user,
          at: AT,
          request: { startedAt: AT },
          session: {
            password,
            externalLogin:
              external === undefined || identityProvider === undefined ? undefined : { identityProvider, at: external },
            secondFactors: checked.map((factor) => ({ factor, at })),
            passkey: passkey && { at: passkey, isUserVerified: true },
          },
        };
}

function outcomeOf(policy: ActivePolicy, signIn: SignIn): string {
  const answer = evaluateSignIn(policy, signIn);
  return answer.outcome === 'proceed' ? answer.level : answer.outcome;
}

const isIn = (outcome: string): boolean => SIGN_IN_LEVELS.some((level) => level === outcome);

function holds(property: Property, policy: ActivePolicy): boolean {
  return analyze(policy, [property])[0]?.holds === true;
}

const active = policies.filter((policy) => policy.stage === 'active');

describe('a property of policies', () => {
  it('holds exactly if no sign-in at all breaks it, and its counterexample reproduces', () => {
    fc.assert(
      fc.property(active, fc.constantFrom(...SIGN_IN_LEVELS), (policy, level) => {
        const all = [...everything(policy, [0])].map((signIn) => outcomeOf(policy, signIn));
        const below = SIGN_IN_LEVELS.slice(0, SIGN_IN_LEVELS.indexOf(level));
        expect(holds(nobodyGetsInBelow(level), policy)).to.equal(
          !all.some((one) => below.some((less) => less === one)),
        );
        for (const property of [nobodyGetsInBelow(level), everyUserCanGetIn(), nobodyGetsInByPhishing()]) {
          const [finding] = analyze(policy, [property]);
          const found = finding?.counterexample;
          if (found === undefined) continue;
          const read: SignIn = JSON.parse(JSON.stringify(found.signIn));
          const { validUntil: _, ...again } = Object(evaluateSignIn(policy, read));
          const { validUntil: __, ...first } = Object(found.answer);
          expect(again).to.deep.equal(first);
          expect(found.sentence).to.match(/^A user with .*, who has shown .*\.$/);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('about ages holds exactly if no sign-in stands on an older check', () => {
    const age = 12 * HOUR;
    const given = fc.tuple(
      active,
      fc.constantFrom('PT0S', 'PT12H', 'PT13H'),
      fc.constantFrom('PT1H', 'PT12H', 'PT24H'),
    );
    fc.assert(
      fc.property(given, ([policy, first, second]) => {
        const lifetimes = { ...short, passwordCheck: first, externalLoginCheck: first, secondFactorCheck: second };
        const aged = { ...policy, settings: { ...policy.settings, lifetimes } };
        let isBroken = false;
        for (const signIn of everything(aged, [0, age + 1])) {
          if (!isIn(outcomeOf(aged, signIn))) continue;
          const isNew = (at: unknown): boolean => at instanceof Date && at.getTime() === AT.getTime();
          const { externalLogin, passkey, password, secondFactors = [] } = signIn.session;
          const session = {
            password: isNew(password) ? password : undefined,
            externalLogin: isNew(externalLogin?.at) ? externalLogin : undefined,
            passkey: isNew(passkey?.at) ? passkey : undefined,
            secondFactors: secondFactors.filter(({ at }) => isNew(at)),
          };
          isBroken ||= !isIn(outcomeOf(aged, { ...signIn, session }));
        }
        expect(holds(checksNoOlderThan('PT12H'), aged)).to.equal(!isBroken);
      }),
      { numRuns: 25 },
    );
  });

  it('that one policy implies another holds exactly if nobody gets in by it alone', () => {
    const aLifetime = fc.constantFrom('PT1H', 'PT12H');
    const aLifetimes = fc.record({
      passwordCheck: aLifetime,
      externalLoginCheck: aLifetime,
      mfaInitSkip: aLifetime,
      secondFactorCheck: aLifetime,
      multiFactorCheck: aLifetime,
    });
    const given = fc.tuple(active, active, aLifetimes, aLifetimes);
    fc.assert(
      fc.property(given, ([one, two, these, those]) => {
        const { identityProviders } = one;
        const policy = { ...one, settings: { ...one.settings, lifetimes: these } };
        const other = { ...two, identityProviders, settings: { ...two.settings, lifetimes: those } };
        let isBroken = false;
        for (const signIn of everything(policy, [0, HOUR]))
          isBroken ||= isIn(outcomeOf(policy, signIn)) && !isIn(outcomeOf(other, signIn));
        expect(holds(implies(other), policy)).to.equal(!isBroken);
        expect(holds(implies(policy), policy)).to.equal(true);
      }),
      { numRuns: 25 },
    );
  });

  it('compares lifetimes, zero among them', () => {
    const longer = policyOf({
      ...strict,
      settings: { ...strict.settings, lifetimes: { ...short, passwordCheck: 'PT24H' } },
    });
    const never = policyOf({
      ...strict,
      settings: { ...strict.settings, lifetimes: { ...short, passwordCheck: 'PT0S' } },
    });
    const base = policyOf(strict);
    expect([holds(implies(base), longer), holds(implies(longer), base)]).to.deep.equal([false, true]);
    expect([holds(implies(never), base), holds(implies(base), never)]).to.deep.equal([false, false]);
  });

  it('gives a counterexample that a person can read', () => {
    const plain = policyOf({ settings: { lifetimes: { ...short, passwordCheck: 'PT240H' } }, secondFactors: ['TOTP'] });
    const sentences = [nobodyGetsInBelow('two-factors'), checksNoOlderThan('PT24H'), everyUserCanGetIn()].map(
      (property) => analyze(plain, [property])[0]?.counterexample?.sentence,
    );
    expect(sentences).to.deep.equal([
      'A user with a password, who has shown the password, gets in by one factor.',
      'A user with a password, who has shown the password over 24 hours ago, gets in by one factor.',
      'A user with a passkey, who has shown the passkey, does not get in.',
    ]);
  });

  it('refuses what it can not judge', () => {
    expect(() => nobodyGetsInBelow(Object('mfa'))).to.throw(RangeError, 'one-factor');
    expect(() => checksNoOlderThan('a day')).to.throw(/duration/);
    for (const none of [undefined, policyAfter(), { outcome: 'rejected' }])
      expect(() => analyze(Object(none), [])).to.throw(TypeError, 'in force');
    for (const wanted of [undefined, 'nist-aal2', [undefined], [{}]])
      expect(() => Reflect.apply(analyze, undefined, [policyOf(strict), wanted])).to.throw(TypeError, 'packs');
    const broken = { ...policyOf(strict), secondFactors: ['SMS'] };
    expect(() => analyze(Object(broken), [everyUserCanGetIn()])).to.throw(/secondFactors/);
  });
});

describe('a pack', () => {
  const failing = (name: string, content: Content): readonly (string | undefined)[] => {
    const pack = PACKS.find((one) => one.name === name);
    if (pack === undefined) throw new Error(`${name} is missing`);
    return analyze(policyOf(content), [pack])
      .filter((finding) => !finding.holds)
      .map(({ clause }) => clause);
  };

  it('has a clause, a source and a date for each property, and says what it can not decide', () => {
    expect(PACKS.map(({ name }) => name)).to.deep.equal(['nist-aal1', 'nist-aal2', 'nist-aal3', 'pci-dss-8']);
    for (const { clauses, source, undecided } of PACKS) {
      expect(source.url).to.match(/^https:/);
      expect(source.date).to.match(/^\d{4}-\d{2}$/);
      for (const { clause, says } of clauses) expect([clause, says].join(' ')).to.match(/^\d[\d.]+ [A-Z].*\.$/);
      expect(undecided).not.to.deep.equal([]);
    }
  });

  it('of NIST tells the levels apart', () => {
    expect(failing('nist-aal1', {})).to.deep.equal([]);
    expect(failing('nist-aal2', strict)).to.deep.equal([]);
    expect(failing('nist-aal3', strict)).to.deep.equal([]);
    const byCode: Content = { ...strict, secondFactors: ['U2F', 'TOTP'] };
    expect(failing('nist-aal2', byCode)).to.deep.equal([]);
    expect(failing('nist-aal3', byCode)).to.deep.equal(['2.3.2']);
    expect(failing('nist-aal2', { secondFactors: ['TOTP'] })).to.deep.equal(['2.2.1', '2.2.2', '2.2.3']);
    const old: Content = {
      ...strict,
      settings: { ...strict.settings, lifetimes: { ...short, secondFactorCheck: 'PT18H' } },
    };
    expect(failing('nist-aal2', old)).to.deep.equal([]);
    expect(failing('nist-aal3', old)).to.deep.equal(['2.3.3']);
  });

  it('of PCI DSS demands two factors of everybody, also after an external login', () => {
    expect(failing('pci-dss-8', strict)).to.deep.equal([]);
    const local: Content = {
      settings: { forceMfaLocalOnly: true },
      secondFactors: ['TOTP'],
      identityProviders: [{ id: parseIdentityProviderId('idp-1', 'id'), ownerType: 'SYSTEM' }],
    };
    expect(failing('pci-dss-8', local)).to.deep.equal(['8.4.1', '8.4.2', '8.4.3', '8.5.1']);
    expect(phishingResistanceIsOffered().name).to.equal('phishingResistanceIsOffered');
  });
});
