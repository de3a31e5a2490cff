import { instant } from '@login-policy/event-sourcing';
import { FACTORS, SECOND_FACTORS } from '../policy/factors.js';
import { LIFETIME_NAMES } from '../policy/lifetimes.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { rulesOf, type ParsedRules } from './parse-rules.js';
import { NO_REQUEST, NO_SESSION, type ParsedSession, type ParsedSignIn } from './parse-sign-in.js';
import { SIGN_IN_LEVELS } from './sign-in.js';
import { caseOf, stepAt, type Step } from './steps.js';

/** What a change of a policy means for sign-ins. */
export interface SignInsCompared {
  /** Whether some session that was insufficient before is sufficient now, for requests of whichever level. */
  readonly weakened: boolean;
  /** Whether some session that was sufficient before is insufficient now, likewise: judge open sessions again. */
  readonly strengthened: boolean;
}

/** Compares a few thousand kinds of users and sessions. Without a policy, no session is sufficient. */
export function compareSignIns(before: LoginPolicy, after: LoginPolicy): SignInsCompared {
  const [earlier, later] = [before, after].map(rulesOf);
  const [one, other] = [earlier ?? later, later ?? earlier];
  let [weakened, strengthened] = [false, false];
  if (one === undefined || other === undefined) return { weakened, strengthened };
  for (const signIn of signInsUnder(one, other)) {
    const [was, is] = [levelReached(earlier, signIn), levelReached(later, signIn)];
    weakened ||= is > was;
    strengthened ||= is < was;
    if (weakened && strengthened) break;
  }
  return { weakened, strengthened };
}

const AT = instant(0);
/** The age of the first instant there is. A recorded lifetime may be longer. */
const OLDEST = 8_640_000_000_000_000;
const LEVELS: readonly Step[] = SIGN_IN_LEVELS;

/** The place of the level that the session reaches, which is sufficient for requests up to it; -1 for none. */
function levelReached(rules: ParsedRules | undefined, signIn: ParsedSignIn): number {
  return rules === undefined ? -1 : LEVELS.indexOf(stepAt(caseOf(rules, signIn), AT));
}

function* signInsUnder(earlier: ParsedRules, later: ParsedRules): Generator<ParsedSignIn, void, undefined> {
  const identityProviders = providersOf(earlier, later);
  const users = [[], FACTORS, ...FACTORS.map((factor) => [factor])].map((factors) => ({
    hasPassword: true,
    factors,
    identityProviders,
    mfaInitSkippedAt: undefined,
  }));
  // In a request without a start, no check counts under a lifetime of zero, but a new one does under any longer
  // lifetime. In the request it was made for, a check counts under zero at any age.
  const asked = agesOf(earlier, later, Math.min).map((age) => ({ age, startedAt: AT }));
  const made = agesOf(earlier, later, Math.max).map((age) => ({ age, startedAt: instant(AT - age) }));
  const fresh = [AT, undefined].map((startedAt) => ({ age: 0, startedAt }));
  for (const { age, startedAt } of [...fresh, ...asked, ...made]) {
    const request = { ...NO_REQUEST, startedAt };
    for (const session of sessionsOf(identityProviders, instant(AT - age))) {
      for (const user of users) yield { user, session, request };
    }
  }
}

/** One provider that both policies link, and one that only one of them links. */
function providersOf(earlier: ParsedRules, later: ParsedRules): readonly string[] {
  const [before, after] = [new Set(earlier.identityProviders), new Set(later.identityProviders)];
  const both = earlier.identityProviders.find((id) => after.has(id));
  const gone = earlier.identityProviders.find((id) => !after.has(id));
  const come = later.identityProviders.find((id) => !before.has(id));
  return [both, gone, come].filter((id) => id !== undefined);
}

/** The ages of checks to try: of each two differing lifetimes the shorter or the longer one, as `ofTwo` chooses. */
function agesOf(earlier: ParsedRules, later: ParsedRules, ofTwo: typeof Math.min): readonly number[] {
  const differing = LIFETIME_NAMES.filter((name) => earlier.settings[name] !== later.settings[name]);
  const ages = differing.map((name) => ofTwo(earlier.settings[name], later.settings[name]));
  return [...new Set(ages.map((age) => Math.min(Math.max(1, Math.ceil(age)), OLDEST)))];
}

/**
 * The sessions to try. Not all combinations of ages, which would be too many: the first and second step are each
 * equally old or new.
 */
function* sessionsOf(providers: readonly string[], at: typeof AT): Generator<ParsedSession, void, undefined> {
  const instants = at === AT ? [AT] : [at, AT];
  for (const first of instants) {
    yield { ...NO_SESSION, passkey: { at: first, isUserVerified: true } };
    const firsts = [
      { ...NO_SESSION, password: first },
      ...providers.map((identityProvider) => ({ ...NO_SESSION, externalLogin: { identityProvider, at: first } })),
    ];
    for (const session of firsts) {
      yield session;
      for (const second of instants) {
        for (const factor of SECOND_FACTORS) yield { ...session, secondFactors: [{ factor, at: second }] };
      }
    }
  }
}
