import { detailsOf, type Details } from './details.js';
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
