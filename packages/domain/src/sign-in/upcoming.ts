import type { Instant } from '@login-policy/event-sourcing';
import { parseInstantInput, type InstantInput } from '../input/instant.js';
import { InvalidValue, parseEach, parseObject } from '../input/invalid-value.js';
import { parseId } from '../input/text.js';
import type { AbsentPolicy } from '../policy/login-policy.js';
import { hasPasskey, hasPassword, hasSecondFactor } from './checks.js';
import { toSetUp } from './judgement.js';
import { parseRules, type ParsedRules } from './parse-rules.js';
import type { ParsedSignIn, ParsedUser } from './parse-sign-in.js';
import type { SignInOption, SignInRules, UpcomingChange } from './sign-in.js';
import { caseOf } from './steps.js';
import { changeBetween } from './user-change.js';
import { verdictOf, type Verdict } from './verdict.js';

/** The policy that users will meet from a later instant on: an approved change with a date. */
export interface UpcomingPolicy {
  /** From this instant on. */
  readonly at: InstantInput;
  readonly policy: SignInRules | AbsentPolicy;
  /** What it will be changed by, such as the id of a proposal. */
  readonly id?: string | undefined;
}

interface ParsedUpcoming {
  readonly at: Instant;
  readonly rules: ParsedRules | undefined;
  readonly id: string | undefined;
}

/**
 * What changes for a user after an instant, in order of time: each upcoming policy beside the one before it. One that
 * changes nothing for the user is left out.
 *
 * @throws InvalidValue
 */
export function upcomingChanges(
  now: ParsedRules,
  { signIn, at }: { readonly signIn: ParsedSignIn; readonly at: number },
  given: unknown,
): readonly UpcomingChange[] {
  const later = parseUpcoming(given).filter((one) => one.at > at);
  let before: ParsedRules | undefined = now;
  const changes: UpcomingChange[] = [];
  for (const { rules, id, ...upcoming } of later.toSorted((one, other) => one.at - other.at)) {
    const change = changeBetween(verdictOn(before, signIn.user), verdictOn(rules, signIn.user));
    const left = new Set(waysOf(rules, signIn).map(nameOf));
    const noLonger = waysOf(before, signIn).filter((option) => !left.has(nameOf(option)));
    const mustSetUp = change === 'hasToSetUp' || change === 'lockedOut';
    const setUp = mustSetUp && rules !== undefined ? toSetUp(caseOf(rules, signIn)) : [];
    if (change !== 'unchanged' || noLonger.length > 0)
      changes.push({ at: new Date(upcoming.at), change, noLonger, setUp, ...(id !== undefined && { id }) });
    before = rules;
  }
  return changes;
}

/** Parses upcoming policies. @throws InvalidValue */
export function parseUpcoming(given: unknown): readonly ParsedUpcoming[] {
  return parseEach(given, 'upcoming', (value, field) => {
    const { at, id, policy } = parseObject(value, field, ['at', 'policy', 'id']);
    if (typeof policy !== 'object' || policy === null) throw new InvalidValue(`${field}.policy`, 'a policy', policy);
    const isAbsent = 'stage' in policy && policy.stage === 'absent';
    return {
      at: parseInstantInput(at, `${field}.at`),
      rules: isAbsent ? undefined : parseRules(policy),
      id: id === undefined ? undefined : parseId(id, `${field}.id`),
    };
  });
}

function verdictOn(rules: ParsedRules | undefined, user: ParsedUser): Verdict {
  if (rules === undefined) return 'no-way-to-sign-in';
  const { factors, hasPassword: has, identityProviders } = user;
  const linked = identityProviders.find((id) => rules.identityProviders.includes(id));
  return verdictOf(rules, { hasPassword: has, factors, identityProvider: linked });
}

/** All that the user has and the policy lets count. */
function waysOf(rules: ParsedRules | undefined, signIn: ParsedSignIn): readonly SignInOption[] {
  if (rules === undefined) return [];
  const { factors, identityProviders } = signIn.user;
  const linked = rules.settings.allowExternalIdp ? identityProviders : [];
  return [
    ...(hasPasskey(rules, signIn) ? [{ method: 'passkey' } as const] : []),
    ...(hasPassword(rules, signIn) ? [{ method: 'password' } as const] : []),
    ...linked
      .filter((id) => rules.identityProviders.includes(id))
      .map((identityProvider) => ({ method: 'external-login', identityProvider }) as const),
    ...factors.flatMap((factor) =>
      factor !== 'U2F_WITH_VERIFICATION' && hasSecondFactor(rules, signIn, factor)
        ? [{ method: 'second-factor', factor } as const]
        : [],
    ),
  ];
}

function nameOf(option: SignInOption): string {
  return JSON.stringify(option);
}
