import type { Instant } from '@login-policy/event-sourcing';
import { parseInstantInput } from '../input/instant.js';
import { isOrganization, parseOrganization, type Organization } from '../policy/owner.js';
import type { PolicyFound, LoginPolicyView } from './answers.js';
import type { StateFound } from './found-rows.js';
import { parsePolicyRead, type ParsedRead } from './read-input.js';
import { judgementAt, withUpcoming } from '../sign-in/evaluate-sign-in.js';
import { parseRules } from '../sign-in/parse-rules.js';
import { parseSignIn, type ParsedSignIn } from '../sign-in/parse-sign-in.js';
import { caseOf } from '../sign-in/steps.js';
import type { Judgement } from '../sign-in/sign-in.js';

/** A judgement by an organization's effective policy, and that policy. */
export type JudgedSignIn = Judgement &
  Pick<LoginPolicyView, 'owner' | 'isDefault' | 'eventId' | 'position'> & {
    /** The instant it was judged at. With `position`, it can be judged again with the same answer. */
    readonly at: Date;
  };

/** A checked request to judge a sign-in: by which policy and at which instant. */
interface AskedAbout {
  readonly organization: Organization;
  readonly signIn: ParsedSignIn;
  /** `undefined`: now, that is when the policy has been read. */
  readonly at: Instant | undefined;
  readonly read: ParsedRead;
}

/**
 * Parses a request to judge a sign-in in an organization. A past instant is judged by the policy at that time.
 *
 * @throws InvalidValue
 */
export function parseAskedAbout(givenOrganization: unknown, signIn: unknown, options: unknown): AskedAbout {
  const organization = parseOrganization(givenOrganization, 'organization');
  const asked = parseSignIn(signIn);
  const read = parsePolicyRead(options);
  if (read.asOf === undefined) {
    if (asked.at === undefined) return { organization, signIn: asked, at: undefined, read };
    return {
      organization,
      signIn: asked,
      at: asked.at,
      read: { ...read, asOf: { moment: { instant: asked.at }, field: 'at' } },
    };
  }
  return { organization, signIn: asked, at: asked.at ?? parseInstantInput(undefined, 'at'), read };
}

/** The judgement at an instant by the policy found. */
export function judgedBy(
  found: StateFound & Pick<PolicyFound, 'upcoming'>,
  signIn: ParsedSignIn,
  at: Instant,
): JudgedSignIn {
  const { changeInfo, owner, policy, position, upcoming } = found;
  const rules = parseRules(policy);
  const judgement = judgementAt(caseOf(rules, signIn), at);
  return {
    ...withUpcoming(judgement, { rules, signIn, at }, upcoming),
    owner,
    isDefault: !isOrganization(owner),
    eventId: changeInfo.eventId,
    position,
    at: new Date(at),
  };
}
