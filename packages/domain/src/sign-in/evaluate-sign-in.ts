import { InvalidValue } from '../input/invalid-value.js';
import { invalidArgument, rejected } from '../reads/answering.js';
import type { Rejected } from '../reads/answers.js';
import type { Check } from './checks.js';
import { caseOf, judge, type Case } from './judge.js';
import { parseRules, parseSignIn, type ParsedRules } from './parse-sign-in.js';
import type { SignIn, SignInAnswer, SignInPolicy, Verdict } from './sign-in.js';

/**
 * Says whether what a session has verified is enough by an effective policy at an instant, until when that holds, and otherwise what to
 * ask for (docs/how-to/sign-in.md#rules). Only the outcome `proceed` lets anybody in.
 *
 * Pure: it looks at no clock and at no store. The order and doubles of lists don't matter. What can't be read is `rejected`, naming the
 * field; a policy that was not found is `rejected`, too.
 */
export function evaluateSignIn(policy: SignInPolicy, signIn: SignIn): SignInAnswer {
  try {
    const rules = rulesOf(policy);
    if ('outcome' in rules) return rules;
    const parsed = parseSignIn(signIn);
    const of = caseOf(rules, parsed);
    const verdict = judge(of, parsed.at);
    return { ...verdict, validUntil: nextChange(of, verdict, parsed.at) };
  } catch (caught) {
    return invalidArgument(caught);
  }
}

function rulesOf(policy: SignInPolicy): ParsedRules | Rejected {
  if (typeof policy !== 'object' || policy === null) throw new InvalidValue('policy', 'an effective policy', policy);
  if ('stage' in policy && policy.stage === 'absent') return rejected({ reason: 'policy-not-found' });
  if (!('outcome' in policy)) return parseRules(policy);
  return policy.outcome === 'rejected' ? policy : parseRules(policy.policy);
}

const FURTHEST = 8_640_000_000_000_000;

/** The first later instant at which the verdict is another one. */
function nextChange(of: Case, verdict: Verdict, at: number): Date | undefined {
  for (let border = nextBorder(of, at); border <= FURTHEST; border = nextBorder(of, border)) {
    if (differs(verdict, judge(of, border))) return new Date(border);
  }
  return undefined;
}

/** The next instant at which a check begins or ceases to count, or an offer is due. */
function nextBorder({ checks, offersFrom }: Case, after: number): number {
  let next = Number.POSITIVE_INFINITY;
  const consider = (border: number): void => {
    if (border > after && border < next) next = border;
  };
  const considerCheck = (check: Check | undefined): void => {
    if (check === undefined) return;
    consider(check.from);
    consider(check.until);
  };
  considerCheck(checks.password);
  considerCheck(checks.externalLogin);
  considerCheck(checks.passkey);
  checks.secondFactors.forEach(considerCheck);
  consider(offersFrom);
  return next;
}

/** Of one sign-in, options are the same wherever the outcome is. */
function differs(one: Verdict, other: Verdict): boolean {
  if (one.outcome === 'impossible') return other.outcome !== 'impossible' || one.reason !== other.reason;
  if (one.outcome !== 'proceed' || other.outcome !== 'proceed') return one.outcome !== other.outcome;
  return (
    one.level !== other.level ||
    one.authenticatedAt.getTime() !== other.authenticatedAt.getTime() ||
    one.offerSetUp.length !== other.offerSetUp.length ||
    one.amr.join() !== other.amr.join()
  );
}
