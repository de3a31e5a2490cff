import type { InstanceRef, OrganizationRef, OwnerRef } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { noOrganization } from '../errors/refusals.js';

/** Whose policy a method is about. */
export interface Scope<Owner extends OwnerRef> {
  /** Whether the method looks at an organization: the named one or the caller's own. */
  readonly regards: 'instance' | 'organization';
  /** The owner in the form the method needs. @throws ApiError when there is no such owner. */
  readonly narrow: (owner: OwnerRef) => Owner;
}

/** The instance's default policy. */
export const OF_INSTANCE: Scope<InstanceRef> = {
  regards: 'instance',
  narrow: ({ instanceId }) => ({ instanceId }),
};

/** The policy of the organization in `x-zitadel-orgid`, otherwise of the caller's own. */
export const OF_ORGANIZATION: Scope<OrganizationRef> = {
  regards: 'organization',
  narrow: (owner) => {
    if (isOrganization(owner)) return owner;
    throw noOrganization();
  },
};

/** The same, but the instance's policy for a caller without an organization. */
export const OF_EITHER: Scope<OwnerRef> = { regards: 'organization', narrow: (owner) => owner };
