import {
  MULTI_FACTORS,
  orThrow,
  SECOND_FACTORS,
  type InstanceRef,
  type LoginPolicies,
  type OwnerRef,
} from '@login-policy/domain';
import { LOCK_OUTS, warningsOf, type ActivePolicy } from '@login-policy/domain/model';

type ListOptions = NonNullable<Parameters<LoginPolicies['organizationsWithCustomPolicy']>[1]>;

/** A list of an instance's custom policies, which an index of the read model answers. */
export interface PolicyList {
  readonly name: string;
  readonly filter: Pick<ListOptions, 'allowing' | 'linking' | 'warned'>;
  /** Whether a policy belongs on the list. */
  readonly includes: (policy: ActivePolicy) => boolean;
}

/** The list of all custom policies. */
export const ALL_CUSTOM: PolicyList = { name: 'list', filter: {}, includes: () => true };

/** The list of all custom policies with their content. A store may find rows otherwise than their keys. */
export const WHOLE_CUSTOM: PolicyList = { ...ALL_CUSTOM, name: 'list of whole policies' };

/** The lists of custom policies by factor, by linked identity provider, and by warning. */
export function filteredLists(policies: Iterable<ActivePolicy>): readonly PolicyList[] {
  const providers = new Set(
    Array.from(policies, ({ identityProviders }) => identityProviders.map(({ id }) => id)).flat(),
  );
  return [
    ...[...SECOND_FACTORS, ...MULTI_FACTORS].map((allowing) => ({
      name: `list of those that allow ${allowing}`,
      filter: { allowing },
      includes: ({ secondFactors, multiFactors }: ActivePolicy) =>
        [...secondFactors, ...multiFactors].some((factor) => factor === allowing),
    })),
    ...Array.from(providers, (linking) => ({
      name: `list of those that link ${linking}`,
      filter: { linking },
      includes: ({ identityProviders }: ActivePolicy) => identityProviders.some(({ id }) => id === linking),
    })),
    ...LOCK_OUTS.map((warned) => ({
      name: `list of those with the warning ${warned}`,
      filter: { warned },
      includes: (policy: ActivePolicy) => warningsOf(policy).some(({ warning }) => warning === warned),
    })),
  ];
}

/** How often a list is read again because another program writes meanwhile. */
/** The ids of the organizations on a list. */
export async function idsOn(
  list: PolicyList,
  instanceId: string,
  loginPolicies: LoginPolicies,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let page: ListOptions | undefined = {};
  while (page !== undefined) {
    const { next, owners } = await (list === WHOLE_CUSTOM ? wholePage : keysPage)(
      loginPolicies,
      { instanceId },
      { ...list.filter, ...page },
    );
    for (const { organizationId } of owners) if (organizationId !== undefined) ids.add(organizationId);
    page = next === undefined ? undefined : { after: next };
  }
  return ids;
}

interface Page {
  readonly owners: readonly OwnerRef[];
  readonly next: string | undefined;
}

async function keysPage(policies: LoginPolicies, instance: InstanceRef, options: ListOptions): Promise<Page> {
  const page = orThrow(await policies.organizationsWithCustomPolicy(instance, { limit: 10_000, ...options }));
  return { owners: page.organizations, next: page.next };
}

async function wholePage(policies: LoginPolicies, instance: InstanceRef, { after }: ListOptions): Promise<Page> {
  const page = orThrow(await policies.customPolicies(instance, { limit: 1000, ...(after !== undefined && { after }) }));
  return { owners: [...page.policies, ...page.unreadable].map(({ owner }) => owner), next: page.next };
}
