import { detailsOf, isSameDetails, type Details } from './details.js';
import { factorOf, type Factor, type FactorKind } from './factors.js';
import { listOf, objectOf, textOf } from './json.js';
import { settingsOf, type Settings } from './settings.js';

/** A login policy, as the API returns it. */
export interface Policy {
  readonly details: Details;
  readonly secondFactors: readonly Factor[];
  readonly multiFactors: readonly Factor[];
  readonly settings: Settings;
  /** The ids of the allowed identity providers. */
  readonly identityProviders: readonly string[];
  /** Whether it is the default policy. If so, the requested organization has no custom policy. */
  readonly isDefault: boolean;
  /** What this answer depended on, as an opaque text; `undefined` for a policy in the past. */
  readonly seen: string | undefined;
  /** The entity tag that the user's own change was answered with. Until it is read back, that is all they know of it. */
  readonly tag?: string | undefined;
}

/**
 * Whether a policy is another one than the user saw, or stands on another default. The server tells by the events; after
 * a restore another one can have the same number.
 */
export function hasMovedOn(seen: Policy, now: Policy): boolean {
  if (now.details.resourceOwner !== seen.details.resourceOwner) return true;
  if (seen.seen !== undefined && now.seen !== undefined) return seen.seen !== now.seen;
  // The user's own change is known before it is read back.
  if (now.details.sequence === seen.details.sequence) return !isSameDetails(now.details, seen.details);
  return BigInt(now.details.sequence) > BigInt(seen.details.sequence);
}

/** Parses the answer to a read of a policy. @throws UnexpectedAnswer */
export function policyAnswerOf(value: unknown, seen?: string): Policy {
  const answer = objectOf(value, 'the answer');
  const policy = objectOf(answer['policy'], 'the policy');
  return {
    details: detailsOf(policy['details']),
    secondFactors: listOf(policy['secondFactors'], 'secondFactors', (one) => factorOf(one, 'second-factor')),
    multiFactors: listOf(policy['multiFactors'], 'multiFactors', (one) => factorOf(one, 'multi-factor')),
    settings: settingsOf(policy),
    identityProviders: listOf(policy['idps'], 'idps', (one) => textOf(objectOf(one, 'an idp')['idpId'], 'idpId')),
    isDefault: answer['isDefault'] === true || policy['isDefault'] === true,
    seen,
  };
}

/** The factors of one kind that a policy allows. */
export function factorsOn(policy: Policy, kind: FactorKind): readonly Factor[] {
  return kind === 'multi-factor' ? policy.multiFactors : policy.secondFactors;
}

/** Whether a policy allows a factor. */
export function isOn(policy: Policy, factor: Factor): boolean {
  return factorsOn(policy, factor.kind).includes(factor);
}
