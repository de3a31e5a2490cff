import type { InstanceRef, OrganizationRef, OwnerRef } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { noOrganization } from '../errors/refusals.js';

/** The owner whose policy a method works on. */
export interface Scope<Owner extends OwnerRef> {
  /** `organization`: the organization named in the request; without one, the caller's own. */
  readonly level: 'instance' | 'organization';
  /** Converts the owner to the type that the method needs. @throws ApiError when the owner is of another kind */
  readonly narrow: (owner: OwnerRef) => Owner;
}

/** Methods on the instance's default policy. */
export const OF_INSTANCE: Scope<InstanceRef> = {
  level: 'instance',
  narrow: ({ instanceId }) => ({ instanceId }),
};

/** Methods on an organization's policy: of the organization in `x-zitadel-orgid`, otherwise of the caller's own. */
export const OF_ORGANIZATION: Scope<OrganizationRef> = {
  level: 'organization',
  narrow: (owner) => {
    if (isOrganization(owner)) return owner;
    throw noOrganization();
  },
};

/** Like {@link OF_ORGANIZATION}; for a caller without an organization, the instance's policy. */
export const OF_EITHER: Scope<OwnerRef> = { level: 'organization', narrow: (owner) => owner };
