import { Deadline, type Position, START } from '@login-policy/event-sourcing';
import { InvalidValue } from '../input/invalid-value.js';
import type { Organization } from '../policy/owner.js';
import { onDefaultPage, type OrganizationList } from './affected.js';
import type { InstancePolicies } from './instance-policies.js';
import { parseListing, type ListOptions } from './read-input.js';

/** Which page of the organizations without a custom policy to list. */
export type OnDefaultOptions = Omit<ListOptions, 'allowing' | 'linking' | 'warned'>;

/** A page of the organizations without a custom policy. */
export interface OnDefault {
  readonly kind: 'on-default';
  readonly organizations: readonly Organization[];
  /** Pass it as `after` to get the next page; `undefined` on the last page. */
  readonly next: string | undefined;
  /** The position at which the first of them were looked up; the others were looked up slightly later. */
  readonly position: Position;
}

/** Parses a request for the organizations without a custom policy. @throws InvalidValue */
export function parseOnDefault(instance: unknown, options: unknown): ReturnType<typeof parseListing> {
  const listing = parseListing(instance, options);
  const { filter } = listing.wanted;
  if (filter === undefined) return listing;
  throw new InvalidValue(`options.${filter.index}`, 'left out: it is of custom policies', filter.value);
}

/** A page of the organizations without a custom policy. */
export async function listOnDefault(
  { instance, wanted: { after, limit, freshness } }: ReturnType<typeof parseListing>,
  { directory, policies }: { readonly directory: OrganizationList | undefined; readonly policies: InstancePolicies },
): Promise<{ readonly outcome: 'found' } & OnDefault> {
  if (directory === undefined) throw new Error('openLoginPolicies has no option `organizations` to list them with');
  return Deadline.run(`the organizations of ${instance.instanceId} on the default`, freshness, async (deadline) => {
    let position: Position | undefined;
    const haveOwn = async (some: readonly Organization[]): Promise<ReadonlySet<Organization>> => {
      const looked = await policies.of(some, { ...freshness, waitMs: deadline.leftMs });
      position ??= looked.position;
      const hasOwn = looked.policies.filter(({ row, fault }) => row !== undefined || fault !== undefined);
      return new Set(hasOwn.map(({ owner }) => owner));
    };
    const organizations = await onDefaultPage(instance, { directory, haveOwn, after, limit }, deadline);
    const next = organizations.length < limit ? undefined : organizations.at(-1)?.organizationId;
    return { outcome: 'found', kind: 'on-default', organizations, next, position: position ?? START };
  });
}
