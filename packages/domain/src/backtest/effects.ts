import { SIGN_IN_LEVELS, type Judgement, type SignInLevel } from '../model.js';

/** How a sign-in ended: the level at which it was let in, or what it was answered instead. */
export type SignInResult = SignInLevel | Exclude<Judgement['outcome'], 'proceed'>;

/** Every result of a sign-in. */
export const RESULTS: readonly SignInResult[] = [...SIGN_IN_LEVELS, 'authenticate', 'verify', 'set-up', 'impossible'];

/** Every effect of a policy on a sign-in, worst first. */
export const EFFECTS = ['refused', 'hasToSetUp', 'hasToVerifyMore', 'weaker', 'unchanged'] as const;

/**
 * What another policy would have meant for a sign-in. `refused`: what was shown no longer counts as a first step, or
 * nothing would be enough. `hasToSetUp`, `hasToVerifyMore`: a factor is asked for that was not asked for before.
 * `weaker`: let in at a lower level, or let in at all. `unchanged`: anything else, such as a higher level by the same checks.
 */
export type Effect = (typeof EFFECTS)[number];

/** Everything that a sign-in can be answered. */
export const OUTCOMES = ['proceed', 'authenticate', 'verify', 'set-up', 'impossible'] as const;

/** The result of a sign-in by its answer; one that proceeds has a level. */
export function resultFrom(outcome: Judgement['outcome'], level: SignInLevel = 'one-factor'): SignInResult {
  return outcome === 'proceed' ? level : outcome;
}

/** The result of a judged sign-in. */
export function resultOf(judgement: Judgement): SignInResult {
  return judgement.outcome === 'proceed' ? judgement.level : judgement.outcome;
}

/** What another result means for a sign-in. */
export function effectBetween(before: SignInResult, after: SignInResult): Effect {
  if (before === after) return 'unchanged';
  switch (after) {
    case 'one-factor':
    case 'two-factors':
    case 'passkey':
      return isBelow(after, before) ? 'weaker' : 'unchanged';
    case 'authenticate':
    case 'impossible':
      return before === 'authenticate' || before === 'impossible' ? 'unchanged' : 'refused';
    case 'set-up':
      return 'hasToSetUp';
    case 'verify':
      return 'hasToVerifyMore';
  }
}

/** Whether a level is lower than the result before; a sign-in that was not let in is above all levels. */
function isBelow(level: SignInLevel, before: SignInResult): boolean {
  const place = RESULTS.indexOf(before);
  return RESULTS.indexOf(level) < place;
}
