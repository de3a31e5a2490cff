/** What somebody may do, and where. */
export interface Grant {
  /** As the descriptors name them: `iam.policy.read`, `iam.policy.write`, `policy.read`, `policy.write`, `policy.delete`. */
  readonly permissions: readonly string[];
  /** Only in this organization. Left out: in the instance and all its organizations. There and undefined: nowhere. */
  readonly organizationId?: string;
}

/** Somebody who was recognised by their token. */
export interface Caller {
  /** The user's or machine's id: it goes into the metadata of the events as the actor. */
  readonly id: string;
  /** The instance the caller belongs to: in any other they may do nothing, whatever `isAllowed` would say. */
  readonly instanceId: string;
  /** The organization that is meant when none is named. */
  readonly organizationId?: string;
  readonly grants: readonly Grant[];
}

/** Where something is to be done. */
export interface Place {
  readonly instanceId: string;
  readonly organizationId?: string;
}

/** Whether one of the caller's own grants covers it. A grant for one organization says nothing about the instance. */
export function holdsGrant(caller: Caller, permission: string, place: Place): boolean {
  if (caller.instanceId !== place.instanceId) return false;
  // A string includes every part of itself.
  return caller.grants.some(
    (grant) => Array.isArray(grant.permissions) && grant.permissions.includes(permission) && covers(grant, place),
  );
}

/** An undefined organization must never mean the whole instance. */
function covers(grant: Grant, { organizationId }: Place): boolean {
  if (!('organizationId' in grant)) return true;
  return grant.organizationId !== undefined && grant.organizationId === organizationId;
}
