import type { SignIn, SignInAnswer } from '../index.js';
import {
  LIFETIME_NAMES,
  parseLifetime,
  parseMilliseconds,
  SIGN_IN_LEVELS,
  type LifetimeInput,
  type SignInLevel,
  type SignInRules,
} from '../model.js';
import { counterexample, judged, type Counterexample } from './counterexample.js';
import { anyProviderOf, AT, everySignIn, everyUser, showingAll } from './sign-ins.js';

/** A statement about all users and sessions under a policy. */
export interface Property {
  /** `nobodyGetsInBelow(two-factors)`. */
  readonly name: string;
  /** The statement, as a sentence. */
  readonly says: string;
  /** A sign-in that shows that it does not hold; `undefined` if there is none. */
  readonly counterexampleIn: (policy: SignInRules) => Counterexample | undefined;
}

/** Nobody gets in by a sign-in below a level. @throws RangeError for an unknown level. */
export function nobodyGetsInBelow(level: SignInLevel): Property {
  const least = SIGN_IN_LEVELS.indexOf(level);
  if (least < 0) throw new RangeError(`the level must be one of ${SIGN_IN_LEVELS.join(', ')}, not ${String(level)}`);
  return {
    name: `nobodyGetsInBelow(${level})`,
    says: `Nobody gets in by less than ${LEVELS[level]}.`,
    counterexampleIn: (policy) =>
      firstIn(fresh(policy), policy, (answer) =>
        answer.outcome === 'proceed' && SIGN_IN_LEVELS.indexOf(answer.level) < least
          ? `gets in by ${LEVELS[answer.level]}`
          : undefined,
      ),
  };
}

/** Nobody gets in without a passkey or a security key, which resist phishing. */
export function nobodyGetsInByPhishing(): Property {
  return {
    name: 'nobodyGetsInByPhishing',
    says: 'Nobody gets in without a passkey or a security key.',
    counterexampleIn: (policy) =>
      firstIn(fresh(policy), policy, (answer) =>
        answer.outcome === 'proceed' && !answer.amr.includes('user') ? 'gets in by what can be phished' : undefined,
      ),
  };
}

/** Some kind of user can get in with a passkey or a security key. */
export function phishingResistanceIsOffered(): Property {
  return {
    name: 'phishingResistanceIsOffered',
    says: 'A user who has a passkey or a security key can get in with it.',
    counterexampleIn: (policy) => {
      for (const signIn of fresh(policy)) {
        const answer = judged(policy, signIn);
        if (answer.outcome === 'proceed' && answer.amr.includes('user')) return undefined;
      }
      const all = { hasPassword: false, factors: ['U2F', 'U2F_WITH_VERIFICATION'], identityProviders: [] } as const;
      const signIn = showingAll(all, undefined);
      return counterexample(signIn, judged(policy, signIn), 'does not get in with either key');
    },
  };
}

/** Every user who has a password, a passkey or an account at a linked provider gets in, or can after a set-up. */
export function everyUserCanGetIn(): Property {
  return {
    name: 'everyUserCanGetIn',
    says: 'Every user who has a password, a passkey or an account at a linked identity provider can get in.',
    counterexampleIn: (policy) => {
      for (const user of everyUser(anyProviderOf(policy))) {
        const { factors, hasPassword, identityProviders } = user;
        if (!hasPassword && identityProviders.length === 0 && !factors.includes('U2F_WITH_VERIFICATION')) continue;
        const signIn = showingAll(user, identityProviders[0]);
        const answer = judged(policy, signIn);
        if (answer.outcome !== 'proceed' && answer.outcome !== 'set-up')
          return counterexample(signIn, answer, 'does not get in');
      }
      return undefined;
    },
  };
}

/** Nobody gets in by a check that is older than a duration, in a request that begins now. */
export function checksNoOlderThan(duration: LifetimeInput): Property {
  const text = parseLifetime(duration, 'duration');
  const ageMs = parseMilliseconds(text, 'duration');
  return {
    name: `checksNoOlderThan(${text})`,
    says: `Nobody gets in by a check that is older than ${text}.`,
    counterexampleIn(policy) {
      const signIns = everySignIn({
        policies: [policy],
        identityProviders: anyProviderOf(policy),
        agesMs: [ageMs + 1, 0],
      });
      for (const signIn of signIns) {
        const newer = withoutOld(signIn);
        if (newer === undefined) continue;
        const answer = judged(policy, signIn);
        if (answer.outcome === 'proceed' && judged(policy, newer).outcome !== 'proceed')
          return counterexample(signIn, answer, `gets in by ${LEVELS[answer.level]}`);
      }
      return undefined;
    },
  };
}

/** Nobody gets in by this policy who would not get in by the other. */
export function implies(other: SignInRules): Property {
  return {
    name: 'implies',
    says: 'Nobody gets in who would not get in by the other policy.',
    counterexampleIn(policy) {
      const identityProviders = providersOf(policy, other);
      const wrongIn = (answer: SignInAnswer, signIn: SignIn): string | undefined =>
        answer.outcome === 'proceed' && judged(other, signIn).outcome !== 'proceed'
          ? 'gets in, and would not by the other policy'
          : undefined;
      const wanted = { policies: [policy, other], identityProviders };
      const asked = everySignIn({ ...wanted, agesMs: [0, ...agesOf([policy, other], Math.min)] });
      const found = firstIn(asked, policy, wrongIn);
      if (found !== undefined) return found;
      // Under a lifetime of zero a check counts in the request it was made for, at any age.
      for (const age of agesOf([policy, other], Math.max)) {
        const made = everySignIn({ ...wanted, agesMs: [age, 0], begunMsAgo: age });
        const older = firstIn(made, policy, wrongIn);
        if (older !== undefined) return older;
      }
      return undefined;
    },
  };
}

const LEVELS: Readonly<Record<SignInLevel, string>> = {
  'one-factor': 'one factor',
  'two-factors': 'two factors',
  passkey: 'a passkey',
};

function fresh(policy: SignInRules): Iterable<SignIn> {
  return everySignIn({ policies: [policy], identityProviders: anyProviderOf(policy), agesMs: [0] });
}

function firstIn(
  signIns: Iterable<SignIn>,
  policy: SignInRules,
  wrongIn: (answer: SignInAnswer, signIn: SignIn) => string | undefined,
): Counterexample | undefined {
  for (const signIn of signIns) {
    const answer = judged(policy, signIn);
    const wrong = wrongIn(answer, signIn);
    if (wrong !== undefined) return counterexample(signIn, answer, wrong);
  }
  return undefined;
}

/** The sign-in without its older checks; `undefined` if it has none. */
function withoutOld(signIn: SignIn): SignIn | undefined {
  const { externalLogin, passkey, password, secondFactors = [] } = signIn.session;
  const all = [password, externalLogin?.at, passkey?.at, ...secondFactors.map(({ at }) => at)];
  if (all.every((at) => at === undefined || isNew(at))) return undefined;
  const session = {
    password: isNew(password) ? password : undefined,
    externalLogin: isNew(externalLogin?.at) ? externalLogin : undefined,
    passkey: isNew(passkey?.at) ? passkey : undefined,
    secondFactors: secondFactors.filter(({ at }) => isNew(at)),
  };
  return { ...signIn, session };
}

function isNew(at: unknown): boolean {
  return at instanceof Date && at.getTime() === AT.getTime();
}

/** One provider that both policies link, and one that only one of them links. */
function providersOf(one: SignInRules, other: SignInRules): readonly string[] {
  const [these, those] = [one, other].map(({ identityProviders }) => identityProviders.map(({ id }): string => id));
  if (these === undefined || those === undefined) return [];
  const both = these.find((id) => those.includes(id));
  const [only, missing] = [these.find((id) => !those.includes(id)), those.find((id) => !these.includes(id))];
  return [both, only, missing].filter((id) => id !== undefined);
}

/** The ages at which two policies may differ: of each two lifetimes that do, the shorter or the longer one. */
function agesOf(policies: readonly [SignInRules, SignInRules], ofTwo: typeof Math.min): readonly number[] {
  const [one, other] = policies;
  const ages = LIFETIME_NAMES.flatMap((name) => {
    const [mine, that] = [one, other].map(({ settings }) => parseMilliseconds(settings.lifetimes[name], name));
    return mine === undefined || that === undefined || mine === that ? [] : [ofTwo(mine, that)];
  });
  return [...new Set(ages.map((age) => Math.max(1, Math.ceil(age))))];
}
