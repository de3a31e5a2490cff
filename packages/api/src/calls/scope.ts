import type { InstanceRef, OrganizationRef, OwnerRef } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { noOrganization } from '../errors/refusals.js';

/** Whose policy a method is about. */
export interface Scope<Owner extends OwnerRef> {
  /** `organization`: the method is about the organization that the request names, otherwise about the caller's own. */
  readonly level: 'instance' | 'organization';
  /** The owner in the form the method needs. @throws ApiError when there is no such owner. */
  readonly narrow: (owner: OwnerRef) => Owner;
}

/** The instance's default policy. */
export const OF_INSTANCE: Scope<InstanceRef> = {
  level: 'instance',
  narrow: ({ instanceId }) => ({ instanceId }),
};

/** The policy of the organization in `x-zitadel-orgid`, otherwise of the caller's own. */
export const OF_ORGANIZATION: Scope<OrganizationRef> = {
  level: 'organization',
  narrow: (owner) => {
    if (isOrganization(owner)) return owner;
    throw noOrganization();
  },
};

/** The same, but the instance's policy for a caller without an organization. */
export const OF_EITHER: Scope<OwnerRef> = { level: 'organization', narrow: (owner) => owner };
