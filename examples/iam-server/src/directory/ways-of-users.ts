import type { InstanceRef } from '@login-policy/domain';
import { ABSENT, verdictsBy, type LoginPolicy, type UserSetUp, type Verdict } from '@login-policy/domain/model';
import type { Database } from '../accounts/database/database.js';
import { knownProviders, type KnownProvider } from '../accounts/identity-providers.js';
import type { CustomPolicies, KeptPolicy } from './custom-policies.js';

/** How users sign in, the strongest first: at a level, after a factor is set up, or not at all. */
export const WAYS = ['passkey', 'two-factors', 'one-factor', 'set-up', 'locked-out'] as const;

/** One of {@link WAYS}. */
export type Way = (typeof WAYS)[number];

/** A user of an organization, or of the instance itself, with what they have. */
interface Judged {
  readonly organizationId?: string;
  readonly has: UserSetUp;
}

/**
 * Judges how users sign in by the policy that they meet now, as the population is counted; `undefined` where that policy
 * can't be read.
 *
 * @throws Fault as the read model and the accounts do
 */
export async function waysOfUsers(
  instance: InstanceRef,
  { custom, database }: { readonly custom: Pick<CustomPolicies, 'of'>; readonly database: Database },
): Promise<(user: Judged) => Way | undefined> {
  const [policies, known] = await Promise.all([custom.of(instance), knownProviders(database, instance.instanceId)]);
  const judges = new Map<string, ((has: UserSetUp) => Verdict) | undefined>();
  const judgeOf = (organizationId: string): ((has: UserSetUp) => Verdict) | undefined => {
    const policy = policyIn(policies.get(organizationId) ?? policies.get(''));
    return policy && verdictsBy(withKnown(policy, known, organizationId));
  };
  return ({ has, organizationId = '' }) => {
    if (!judges.has(organizationId)) judges.set(organizationId, judgeOf(organizationId));
    const verdict = judges.get(organizationId)?.(has);
    return verdict === 'no-factor-left' || verdict === 'no-way-to-sign-in' ? 'locked-out' : verdict;
  };
}

function policyIn(row: KeptPolicy | undefined): LoginPolicy | undefined {
  if (row === 'unreadable') return undefined;
  return row === undefined ? ABSENT : row.policy;
}

/** A link to an identity provider that does not exist is no way in. */
function withKnown(policy: LoginPolicy, known: readonly KnownProvider[], organizationId: string): LoginPolicy {
  if (policy.stage !== 'active') return policy;
  const isKnown = (id: string, ownerType: string): boolean =>
    known.some((one) => one.id === id && one.organizationId === (ownerType === 'ORG' ? organizationId : undefined));
  return {
    ...policy,
    identityProviders: policy.identityProviders.filter(({ id, ownerType }) => isKnown(id, ownerType)),
  };
}
