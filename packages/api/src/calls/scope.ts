import type { InstanceRef, OrganizationRef, OwnerRef } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { noOrganization } from '../errors/refusals.js';

/** Whose policy a method speaks of. */
export interface Scope<Owner extends OwnerRef> {
  /** Whether the organization the caller names, or their own, is looked at. */
  readonly regards: 'instance' | 'organization';
  /** The owner in the form the method needs. @throws ApiError when there is no such owner. */
  readonly narrow: (owner: OwnerRef) => Owner;
}

/** The instance's default policy. */
export const OF_INSTANCE: Scope<InstanceRef> = {
  regards: 'instance',
  narrow: ({ instanceId }) => ({ instanceId }),
};

/** The policy of the organization that is named in `x-zitadel-orgid`, or else of the caller's own. */
export const OF_ORGANIZATION: Scope<OrganizationRef> = {
  regards: 'organization',
  narrow: (owner) => {
    if (isOrganization(owner)) return owner;
    throw noOrganization();
  },
};

/** The same, or the instance's for a caller without an organization. */
export const OF_EITHER: Scope<OwnerRef> = { regards: 'organization', narrow: (owner) => owner };
