import { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor, type SignIn } from '../index.js';
import type { SignInRules } from '../model.js';

type Factor = MultiFactor | SecondFactor;
type User = SignIn['user'];
type Session = SignIn['session'];

/** The instant that all sign-ins are judged at; their request begins then. */
export const AT: Date = new Date('2001-01-01T00:00:00.000Z');

/** Which kinds of users and sessions there are. */
export interface SignInsWanted {
  /** The policies to tell apart. What none of them allows never counts, so users without it stand for those with it. */
  readonly policies: readonly SignInRules[];
  /** The identity providers that users may be linked to. */
  readonly identityProviders: readonly string[];
  /** How old checks may be, in milliseconds. */
  readonly agesMs: readonly number[];
  /** How long ago their request began. Default: it begins now. */
  readonly begunMsAgo?: number;
}

/** A provider that a policy links: they are judged alike, so one stands for all. */
export function anyProviderOf({ identityProviders }: SignInRules): readonly string[] {
  return identityProviders.slice(0, 1).map(({ id }) => id);
}

/** Every kind of user: with and without a password, each set of factors, each set of linked providers. */
export function* everyUser(
  identityProviders: readonly string[],
  some: readonly Factor[] = ALL,
): Generator<User, void, undefined> {
  const sets = subsetsOf(some);
  for (const linked of subsetsOf(identityProviders))
    for (const factors of sets)
      for (const hasPassword of [true, false]) yield { hasPassword, factors, identityProviders: linked };
}

/**
 * Every sign-in of a kind of user that could be enough: one first step, and one second factor or none, at each age. More
 * checks than these never lower what is reached.
 */
export function* everySignIn({
  agesMs,
  begunMsAgo = 0,
  identityProviders,
  policies,
}: SignInsWanted): Generator<SignIn, void, undefined> {
  const instants = agesMs.map((age) => new Date(AT.getTime() - age));
  const request = { startedAt: new Date(AT.getTime() - begunMsAgo) };
  const allowed = policies.flatMap(({ multiFactors, secondFactors }) => [...secondFactors, ...multiFactors]);
  const some = ALL.filter((factor) => allowed.includes(factor));
  for (const user of everyUser(identityProviders, some))
    for (const session of sessionsOf(user, instants)) yield { user, session, at: AT, request };
}

/** The sign-in of a user who shows all they have, by one of the providers that they are linked to. */
export function showingAll(user: User, identityProvider: string | undefined): SignIn {
  const { factors, hasPassword } = user;
  const session: Session = {
    ...(hasPassword && { password: AT }),
    ...(identityProvider !== undefined && { externalLogin: { identityProvider, at: AT } }),
    secondFactors: SECOND_FACTORS.filter((factor) => factors.includes(factor)).map((factor) => ({ factor, at: AT })),
    ...(factors.includes('U2F_WITH_VERIFICATION') && { passkey: { at: AT, isUserVerified: true } }),
  };
  return { user, session, at: AT, request: { startedAt: AT } };
}

const ALL: readonly Factor[] = [...SECOND_FACTORS, ...MULTI_FACTORS];

/** All subsets, smaller ones of the first items first. */
function subsetsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return items.reduce<Item[][]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]]);
}

function* sessionsOf(user: User, instants: readonly Date[]): Generator<Session, void, undefined> {
  const { factors, hasPassword, identityProviders } = user;
  const seconds = SECOND_FACTORS.filter((factor) => factors.includes(factor)).flatMap((factor) =>
    instants.map((at) => [{ factor, at }]),
  );
  for (const at of instants) {
    if (factors.includes('U2F_WITH_VERIFICATION')) yield { passkey: { at, isUserVerified: true } };
    const firsts: Session[] = identityProviders.map((identityProvider) => ({
      externalLogin: { identityProvider, at },
    }));
    if (hasPassword) firsts.push({ password: at });
    for (const first of firsts) {
      yield first;
      for (const secondFactors of seconds) yield { ...first, secondFactors };
    }
  }
}
