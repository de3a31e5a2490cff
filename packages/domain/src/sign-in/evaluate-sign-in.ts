import { parseInstantInput } from '../input/instant.js';
import { InvalidValue } from '../input/invalid-value.js';
import { invalidArgument, rejected } from '../reads/answering.js';
import type { Rejected } from '../reads/answers.js';
import type { Check } from './checks.js';
import { caseOf, isLevel, stepAt, type Case, type Step } from './steps.js';
import { judgementOf, proceeding } from './judgement.js';
import { parseRules, type ParsedRules } from './parse-rules.js';
import { parseSignIn } from './parse-sign-in.js';
import type { Judgement, SignIn, SignInAnswer, SignInLevel, SignInPolicy } from './sign-in.js';

/**
 * Judges whether a session's checks are sufficient under an effective policy at an instant, until when that holds, and
 * otherwise what to ask for (docs/how-to/sign-in.md#rules). Only the outcome `proceed` lets a user in.
 *
 * Pure: it reads neither a clock nor a store. Order and duplicates in lists do not matter. Malformed input is
 * `rejected` with its field; so is a policy that was not found.
 */
export function evaluateSignIn(policy: SignInPolicy, signIn: SignIn): SignInAnswer {
  try {
    const rules = rulesOf(policy);
    if ('outcome' in rules) return rules;
    const asked = parseSignIn(signIn);
    return judgementAt(caseOf(rules, asked), asked.at ?? parseInstantInput(undefined, 'at'));
  } catch (caught) {
    return invalidArgument(caught);
  }
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
