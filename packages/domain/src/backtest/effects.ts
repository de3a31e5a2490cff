import { SIGN_IN_LEVELS, type Judgement, type SignInLevel } from '../model.js';

/** How far a sign-in got: the level at which it was let in, or what it was answered instead. */
export type Reached = SignInLevel | Exclude<Judgement['outcome'], 'proceed'>;

/** Everything that a sign-in can reach. */
export const REACHED: readonly Reached[] = [...SIGN_IN_LEVELS, 'authenticate', 'verify', 'set-up', 'impossible'];

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

/** How far a sign-in got by its answer; one that proceeds has a level. */
export function reachedOf(outcome: Judgement['outcome'], level: SignInLevel = 'one-factor'): Reached {
  return outcome === 'proceed' ? level : outcome;
}

/** How far a judged sign-in got. */
export function reachedIn(judgement: Judgement): Reached {
  return judgement.outcome === 'proceed' ? judgement.level : judgement.outcome;
}

/** What it means for a sign-in that it reaches something else. */
export function effectBetween(before: Reached, after: Reached): Effect {
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

/** Whether a level is lower than what was reached before; a sign-in that was not let in is above all levels. */
function isBelow(level: SignInLevel, before: Reached): boolean {
  const place = REACHED.indexOf(before);
  return REACHED.indexOf(level) < place;
}
