import { parseInstantInput } from '../input/instant.js';
import { InvalidValue } from '../input/invalid-value.js';
import type { Check } from './checks.js';
import { caseOf, isLevel, stepAt, type Case, type Step } from './steps.js';
import { judgementOf, proceeding } from './judgement.js';
import { parseRules, type ParsedRules } from './parse-rules.js';
import { parseSignIn, type ParsedSignIn } from './parse-sign-in.js';
import type { Judgement, SignIn, SignInLevel, SignInRules } from './sign-in.js';
import { upcomingChanges, type UpcomingPolicy } from './upcoming.js';
import { invalidArgument, rejected, type Rejected } from '../policy/rejections.js';
import type { LoginPolicy } from '../policy/login-policy.js';

/** The effective policy to judge by: an answer of `effectivePolicy`, the policy in it, or a folded state. */
export type SignInPolicy =
  SignInRules | LoginPolicy | { readonly outcome: 'found'; readonly policy: SignInRules } | Rejected;

/** The answer of `evaluateSignIn`. Only `proceed` lets a user in. */
export type SignInAnswer = Judgement | Rejected;

/**
 * Judges whether a session's checks are sufficient under an effective policy at an instant, until when that holds, and
 * otherwise what to ask for (docs/how-to/sign-in.md#rules). Only the outcome `proceed` lets a user in.
 *
 * Pure: it reads neither a clock nor a store. Order and duplicates in lists do not matter. Malformed input is
 * `rejected` with its field; so is a policy that was not found.
 *
 * @param upcoming The policies that will apply later, such as the `upcoming` of `effectivePolicy`: the answer says what
 *   they mean for the user, so that they can be told in time.
 */
export function evaluateSignIn(
  policy: SignInPolicy,
  signIn: SignIn,
  upcoming?: readonly UpcomingPolicy[] | 'unknown',
): SignInAnswer {
  try {
    const rules = rulesOf(policy);
    if ('outcome' in rules) return rules;
    const asked = parseSignIn(signIn);
    const at = asked.at ?? parseInstantInput(undefined, 'at');
    return withUpcoming(judgementAt(caseOf(rules, asked), at), { rules, signIn: asked, at }, upcoming);
  } catch (caught) {
    return invalidArgument(caught);
  }
}

/** Adds what upcoming policies mean for the user, where they were given. @throws InvalidValue */
export function withUpcoming(
  judgement: Judgement,
  { rules, signIn, at }: { readonly rules: ParsedRules; readonly signIn: ParsedSignIn; readonly at: number },
  upcoming: readonly UpcomingPolicy[] | 'unknown' | undefined,
): Judgement {
  if (upcoming === undefined) return judgement;
  return {
    ...judgement,
    upcoming: upcoming === 'unknown' ? upcoming : upcomingChanges(rules, { signIn, at }, upcoming),
  };
}

function rulesOf(policy: SignInPolicy): ParsedRules | Rejected {
  if (typeof policy !== 'object' || policy === null) throw new InvalidValue('policy', 'an effective policy', policy);
  if ('settings' in policy) return parseRules(policy);
  if ('stage' in policy) return rejected({ reason: 'policy-not-found' });
  return policy.outcome === 'rejected' ? policy : parseRules(policy.policy);
}

/** The judgement at an instant, and until when it holds. */
export function judgementAt(of: Case, at: number): Judgement {
  const step = stepAt(of, at);
  return judgementOf(of, step, { at, validUntil: nextChange(of, step, at) });
}

const FURTHEST = 8_640_000_000_000_000;

/** The first later instant at which the answer changes. */
function nextChange(of: Case, step: Step, at: number): Date | undefined {
  for (let border = nextBorder(of, at); border <= FURTHEST; border = nextBorder(of, border)) {
    if (stepAt(of, border) !== step || (isLevel(step) && differs(of, step, [at, border]))) return new Date(border);
  }
  return undefined;
}

/** Whether the answer within one level differs at two instants. The rest of a step does not depend on the instant. */
function differs(of: Case, level: SignInLevel, [one, other]: readonly [number, number]): boolean {
  const [before, after] = [proceeding(of, level, one), proceeding(of, level, other)];
  return (
    before.authenticatedAt.getTime() !== after.authenticatedAt.getTime() ||
    before.offerSetUp.length !== after.offerSetUp.length ||
    before.amr.join() !== after.amr.join()
  );
}

/** The next instant at which a check begins or ceases to count, or an offer is due. */
function nextBorder({ checks, offersFrom }: Case, after: number): number {
  let next = offersFrom > after ? offersFrom : Number.POSITIVE_INFINITY;
  next = earlier(next, checks.password, after);
  next = earlier(next, checks.externalLogin, after);
  next = earlier(next, checks.passkey, after);
  for (const check of checks.secondFactors) next = earlier(next, check, after);
  return next;
}

function earlier(next: number, check: Check | undefined, after: number): number {
  if (check === undefined) return next;
  const border = check.from > after ? check.from : check.until;
  return border > after && border < next ? border : next;
}
