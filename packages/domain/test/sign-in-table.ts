import type { SecondFactor } from '@login-policy/domain';
import type { State } from './sign-in-states.js';

/**
 * The rules of signing in once more, as a table: the first row whose condition holds has the answer. Written from the
 * rules in words (docs/how-to/sign-in.md#rules), and sharing nothing with what it is compared with.
 */
type RuleRow = readonly [rule: string, holds: (state: State) => boolean, answer: (state: State) => string];

const TABLE: readonly RuleRow[] = [
  ['a passkey is both steps', passkeyCounts, (state) => proceed(state, 'passkey')],
  [
    'the level passkey takes a passkey',
    (state) => state.request.level === 'passkey' && !has(state, 'passkey'),
    () => 'impossible level-not-reachable',
  ],
  [
    'a first step is missing, and there is one',
    (state) => !firstStep(state) && firstSteps(state).length > 0,
    (state) => `authenticate ${firstSteps(state).join(' ')}`,
  ],
  ['a first step is missing, and there is none', (state) => !firstStep(state), () => 'impossible no-way-to-sign-in'],
  ['the level passkey takes the passkey', (state) => state.request.level === 'passkey', () => 'verify passkey'],
  [
    'a usable second factor counts',
    (state) => usable(state).some((factor) => secondCounts(state, factor)),
    (state) => proceed(state, 'two-factors'),
  ],
  [
    'there is a usable second factor',
    (state) => usable(state).length > 0,
    (state) => `verify ${usable(state).join(' ')}`,
  ],
  [
    'nothing requires a second factor',
    (state) => !isForced(state) && state.request.level !== 'two-factors',
    (state) => proceed(state, 'one-factor'),
  ],
  ['a passkey does for a second factor', (state) => has(state, 'passkey'), () => 'verify passkey'],
  ['a factor can be set up', (state) => missing(state).length > 0, (state) => `set-up ${missing(state).join(' ')}`],
  ['the policy wants what nobody can have', isForced, () => 'impossible no-factor-left'],
  ['the request wants what nobody can have', () => true, () => 'impossible level-not-reachable'],
];

/** What the table answers, in the words of `lineOf`. */
export function answerOf(state: State): string {
  const row = TABLE.find(([, holds]) => holds(state));
  return row === undefined ? 'no row' : row[2](state);
}

const ORDER: readonly SecondFactor[] = ['U2F', 'TOTP', 'OTP_EMAIL', 'OTP_SMS', 'RECOVERY_CODES'];

function has(state: State, what: 'password' | 'passkey'): boolean {
  if (what === 'password') return state.password && state.user.password;
  return allowsPasskeys(state) && state.user.factors.includes('U2F_WITH_VERIFICATION');
}

function allowsPasskeys(state: State): boolean {
  return state.passwordless && state.multiFactor;
}

function usable(state: State): readonly SecondFactor[] {
  return ORDER.filter((factor) => state.second.includes(factor) && state.user.factors.includes(factor));
}

function linked(state: State): readonly string[] {
  return ['p', 'q'].filter((id) => state.external && state.providers.includes(id) && state.user.linked.includes(id));
}

function firstSteps(state: State): readonly string[] {
  const passkey = has(state, 'passkey') ? ['passkey'] : [];
  if (state.request.level === 'passkey') return passkey;
  const own = [...passkey, ...(has(state, 'password') ? ['password'] : []), ...linked(state).map((id) => `by:${id}`)];
  if (own.length > 0 || !state.external) return own;
  return ['p', 'q'].filter((id) => state.providers.includes(id)).map((id) => `by:${id}`);
}

function missing(state: State): readonly string[] {
  const passkey = allowsPasskeys(state) && !state.user.factors.includes('U2F_WITH_VERIFICATION') ? ['passkey'] : [];
  const second = ORDER.slice(0, 4).filter(
    (factor) => state.second.includes(factor) && !state.user.factors.includes(factor),
  );
  return [...passkey, ...second];
}

function isForced(state: State): boolean {
  return state.force === 'all' || state.force === 'both' || (state.force === 'local' && !externalCounts(state));
}

/** Whether a check made then is neither too old nor of the future, for the policy, the session and the request. */
function isFresh({ at, request, session }: State, made: number | undefined, lifetime: number): boolean {
  if (made === undefined || made > at) return false;
  const isWithinLifetime =
    lifetime === 0 ? request.startedAt !== undefined && made >= request.startedAt : at - made < lifetime;
  const isYoungEnough = request.maxAge === undefined || (request.startedAt ?? at) - made <= request.maxAge;
  return isWithinLifetime && isYoungEnough && (session.expiresAt === undefined || at < session.expiresAt);
}

function passwordCounts(state: State): boolean {
  return has(state, 'password') && isFresh(state, state.session.password, state.lifetimes.password);
}

function externalCounts(state: State): boolean {
  const { external } = state.session;
  return (
    external !== undefined &&
    linked(state).includes(external.by) &&
    isFresh(state, external.at, state.lifetimes.external)
  );
}

function passkeyCounts(state: State): boolean {
  const { passkey } = state.session;
  return has(state, 'passkey') && passkey?.verified === true && isFresh(state, passkey.at, state.lifetimes.passkey);
}

function firstStep(state: State): boolean {
  return passwordCounts(state) || externalCounts(state) || passkeyCounts(state);
}

function secondCounts(state: State, wanted: SecondFactor): boolean {
  const { second } = state.session;
  return second.some(({ factor, at }) => factor === wanted && isFresh(state, at, state.lifetimes.second));
}

function proceed(state: State, level: 'one-factor' | 'two-factors' | 'passkey'): string {
  const counting = usable(state).filter((factor) => secondCounts(state, factor));
  const { external, passkey, password, second } = state.session;
  const times = [
    ...(passwordCounts(state) ? [password] : []),
    ...(externalCounts(state) ? [external?.at] : []),
    ...(passkeyCounts(state) ? [passkey?.at] : []),
    ...second
      .filter(({ factor, at }) => counting.includes(factor) && isFresh(state, at, state.lifetimes.second))
      .map(({ at }) => at),
  ].filter((time) => time !== undefined);
  const methods = [
    passwordCounts(state) && 'pwd',
    counting.includes('U2F') && 'hwk',
    (passkeyCounts(state) || counting.includes('U2F')) && 'user',
    counting.some((factor) => factor !== 'U2F' && factor !== 'OTP_SMS') && 'otp',
    counting.includes('OTP_SMS') && 'sms',
    level !== 'one-factor' && 'mfa',
  ].filter((method) => method !== false);
  const offer = level === 'one-factor' && isOfferDue(state) ? missing(state) : [];
  return `proceed ${level}; ${methods.join(' ')}; at ${Math.max(...times)}; offer ${offer.join(' ')}`;
}

function isOfferDue({ at, lifetimes, user }: State): boolean {
  return lifetimes.skip > 0 && (user.skippedAt === undefined || at - user.skippedAt >= lifetimes.skip);
}
