import { defaultSettings, SECOND_FACTORS, type SecondFactor } from '@login-policy/domain';
import { parseIdentityProviderId, type ActivePolicy, type LockOut, type LoginPolicy } from '@login-policy/domain/model';
import { PASSKEY, policyAdded, policyAfter } from './policies.js';

/** Everything about a policy that matters to a sign-in. */
export interface Way {
  readonly password: boolean;
  readonly external: boolean;
  readonly forced: boolean;
  readonly forcedLocally: boolean;
  readonly passwordless: boolean;
  readonly passkey: boolean;
  readonly second: readonly SecondFactor[];
  readonly providers: readonly string[];
}

/** A kind of user: what they have. */
interface Kind {
  readonly password: boolean;
  readonly passkey: boolean;
  readonly second: readonly SecondFactor[];
  readonly linked: readonly string[];
}

const BOTH = [false, true] as const;
const PROVIDERS = ['p', 'q', 'r'] as const;

/** All subsets of a list. */
export function subsetsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return items.reduce<Item[][]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]]);
}

const SWITCHES = ['password', 'external', 'forced', 'forcedLocally', 'passwordless', 'passkey'] as const;

/** All policies that may link two providers, over these second factors. */
export function everyWay(secondFactors: readonly SecondFactor[]): readonly Way[] {
  return subsetsOf(SWITCHES).flatMap((on) => {
    const isOn = (one: (typeof SWITCHES)[number]): boolean => on.includes(one);
    const switches = {
      password: isOn('password'),
      external: isOn('external'),
      forced: isOn('forced'),
      forcedLocally: isOn('forcedLocally'),
      passwordless: isOn('passwordless'),
      passkey: isOn('passkey'),
    };
    return subsetsOf(secondFactors).flatMap((second) =>
      subsetsOf(PROVIDERS.slice(0, 2)).map((providers) => ({ ...switches, second, providers })),
    );
  });
}

/** Every kind of user. */
const KINDS: readonly Kind[] = subsetsOf(SECOND_FACTORS).flatMap((second) =>
  subsetsOf(PROVIDERS).flatMap((linked) =>
    BOTH.flatMap((password) => BOTH.map((passkey) => ({ password, passkey, second, linked }))),
  ),
);

/** How far a kind of user gets: not past the first step, not past the second, or in. */
type Reach = 'outside' | 'stuck' | 'in';

/** How far a user gets, in the words of docs/how-to/sign-in.md and with none of the code that judges. */
function reachOf(way: Way, kind: Kind): Reach {
  const signsInByPasskey = way.passkey && way.passwordless && kind.passkey;
  if (signsInByPasskey) return 'in';
  const comesFromProvider = way.external && way.providers.some((one) => kind.linked.includes(one));
  const knowsPassword = way.password && kind.password;
  if (!comesFromProvider && !knowsPassword) return 'outside';
  if (way.second.some((factor) => kind.second.includes(factor))) return 'in';
  const mustHaveMore = way.forced || (way.forcedLocally && !comesFromProvider);
  if (!mustHaveMore) return 'in';
  const canSetUpPasskey = way.passkey && way.passwordless;
  return canSetUpPasskey || way.second.some((factor) => factor !== 'RECOVERY_CODES') ? 'in' : 'stuck';
}

const judged = new Map<string, readonly Reach[]>();

/** How far each kind gets; nobody gets anywhere without a policy. */
function reaches(way: Way | undefined): readonly Reach[] {
  const key = JSON.stringify(way ?? null);
  const known = judged.get(key) ?? KINDS.map((kind) => (way === undefined ? 'outside' : reachOf(way, kind)));
  judged.set(key, known);
  return known;
}

/** What the guard has to refuse a change for, one kind of user after another. */
export function closedBy(before: Way | undefined, after: Way | undefined): readonly LockOut[] {
  const [was, is] = [reaches(before), reaches(after)];
  const hadSomebody = was.includes('in') || (before === undefined && after !== undefined);
  const closed: LockOut[] = hadSomebody && !is.includes('in') ? ['no-way-to-sign-in'] : [];
  if (was.some((one, kind) => one === 'in' && is[kind] === 'stuck')) closed.push('no-factor-left');
  return closed;
}

/** How many kinds of users a policy lets in, and how many it did before that it no longer does. */
export function countsOf(before: Way, after: Way): { readonly lost: number; readonly left: number } {
  const [was, is] = [reaches(before), reaches(after)];
  return {
    lost: was.filter((one, kind) => one === 'in' && is[kind] !== 'in').length,
    left: is.filter((one) => one === 'in').length,
  };
}

/** The policy that a way describes. */
export function policyOfWay(way: Way): ActivePolicy {
  const { external, forced, forcedLocally, passkey, password, passwordless, providers, second } = way;
  const policy: LoginPolicy = policyAfter(
    ...policyAdded({
      settings: {
        ...defaultSettings,
        allowUsernamePassword: password,
        allowExternalIdp: external,
        forceMfa: forced,
        forceMfaLocalOnly: forcedLocally,
        passwordlessType: passwordless ? 'ALLOWED' : 'NOT_ALLOWED',
      },
      secondFactors: second,
      multiFactors: passkey ? [PASSKEY] : [],
      identityProviders: providers.map((id) => ({ id: parseIdentityProviderId(id, 'id'), ownerType: 'SYSTEM' })),
    }),
  );
  if (policy.stage !== 'active') throw new Error('the policy was added');
  return policy;
}
