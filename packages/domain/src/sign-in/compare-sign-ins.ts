import { instant } from '@login-policy/event-sourcing';
import { MULTI_FACTORS, SECOND_FACTORS } from '../policy/factors.js';
import { LIFETIME_NAMES } from '../policy/lifetimes.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { parseRules, type ParsedRules } from './parse-rules.js';
import { NO_REQUEST, type ParsedSession, type ParsedUser } from './parse-sign-in.js';
import { caseOf, stepAt } from './steps.js';

/** What a change of a policy means for sign-ins, as they are judged by it. */
export interface SignInsCompared {
  /** Whether a session that was not enough before is enough now. */
  readonly weakened: boolean;
  /** Whether a session that was enough before is not enough any more: open ones have to be judged anew. */
  readonly strengthened: boolean;
}

/** Compares by kinds of users and sessions, of which there are a few thousand; nothing where a policy is missing before or after. */
export function compareSignIns(before: LoginPolicy, after: LoginPolicy): SignInsCompared {
  if (before.stage !== 'active' || after.stage !== 'active') return { weakened: false, strengthened: false };
  const [earlier, later] = [parseRules(before), parseRules(after)];
  let [weakened, strengthened] = [false, false];
  for (const signIn of signInsUnder(earlier, later)) {
    const [was, is] = [isEnough(earlier, signIn), isEnough(later, signIn)];
    weakened ||= is && !was;
    strengthened ||= was && !is;
    if (weakened && strengthened) break;
  }
  return { weakened, strengthened };
}

interface Attempt {
  readonly user: ParsedUser;
  readonly session: ParsedSession;
}

const AT = instant(0);
const REQUEST = { ...NO_REQUEST, startedAt: AT };
const FACTORS = [...SECOND_FACTORS, ...MULTI_FACTORS];

function isEnough(rules: ParsedRules, signIn: Attempt): boolean {
  const step = stepAt(caseOf(rules, { ...signIn, request: REQUEST }), AT);
  return step === 'one-factor' || step === 'two-factors' || step === 'passkey';
}

function* signInsUnder(earlier: ParsedRules, later: ParsedRules): Generator<Attempt, void, undefined> {
  const identityProviders = providersOf(earlier, later);
  const users = [[], FACTORS, ...FACTORS.map((factor) => [factor])].map((factors) => ({
    hasPassword: true,
    factors,
    identityProviders,
    mfaInitSkippedAt: undefined,
  }));
  for (const age of agesOf(earlier, later)) {
    for (const session of sessionsOf(identityProviders, instant(AT - age))) {
      for (const user of users) yield { user, session };
    }
  }
}

/** One that both link, and one that only one of them does. */
function providersOf(earlier: ParsedRules, later: ParsedRules): readonly string[] {
  const [before, after] = [new Set(earlier.identityProviders), new Set(later.identityProviders)];
  const both = earlier.identityProviders.find((id) => after.has(id));
  const gone = earlier.identityProviders.find((id) => !after.has(id));
  const come = later.identityProviders.find((id) => !before.has(id));
  return [both, gone, come].filter((id) => id !== undefined);
}

/** A check of now, and for each lifetime that differs one that counts by the longer only. */
function agesOf(earlier: ParsedRules, later: ParsedRules): readonly number[] {
  const differing = LIFETIME_NAMES.filter((name) => earlier.settings[name] !== later.settings[name]);
  const shorter = differing.map((name) => Math.min(earlier.settings[name], later.settings[name]));
  return [...new Set([0, ...shorter.map((age) => Math.max(1, Math.ceil(age)))])];
}

/** All ages of checks at once would be too many: the first step and the second are each as old, or of now. */
function* sessionsOf(providers: readonly string[], at: typeof AT): Generator<ParsedSession, void, undefined> {
  const none = {
    password: undefined,
    externalLogin: undefined,
    secondFactors: [],
    passkey: undefined,
    expiresAt: undefined,
  };
  const instants = at === AT ? [AT] : [at, AT];
  for (const first of instants) {
    yield { ...none, passkey: { at: first, isUserVerified: true } };
    const firsts = [
      { ...none, password: first },
      ...providers.map((identityProvider) => ({ ...none, externalLogin: { identityProvider, at: first } })),
    ];
    for (const session of firsts) {
      yield session;
      for (const second of instants) {
        for (const factor of SECOND_FACTORS) yield { ...session, secondFactors: [{ factor, at: second }] };
      }
    }
  }
}
