/** Permissions, and where they apply. */
export interface Grant {
  /**
   * The permission names in the protobuf service descriptors: `iam.policy.read`, `iam.policy.write`, `policy.read`,
   * `policy.write`, `policy.delete`.
   */
  readonly permissions: readonly string[];
  /**
   * Limits the grant to one organization. Absent: the instance and all its organizations. Present but undefined:
   * nowhere.
   */
  readonly organizationId?: string;
}

/** An authenticated caller. */
export interface Caller {
  /** The id of the user or machine: the actor in the metadata of events. */
  readonly id: string;
  /** The caller's instance. In any other they have no permissions, whatever `isAllowed` returns. */
  readonly instanceId: string;
  /** The organization used when a request names none. */
  readonly organizationId?: string;
  readonly grants: readonly Grant[];
}

/** The scope of a permission check: an instance or, with `organizationId`, one of its organizations. */
export interface Place {
  readonly instanceId: string;
  readonly organizationId?: string;
}

/**
 * Whether one of the caller's grants covers the permission there. A grant for one organization does not cover the
 * instance.
 */
export function holdsGrant(caller: Caller, permission: string, place: Place): boolean {
  if (caller.instanceId !== place.instanceId) return false;
  // The array check is needed because a string includes each of its substrings.
  return caller.grants.some(
    (grant) => Array.isArray(grant.permissions) && grant.permissions.includes(permission) && covers(grant, place),
  );
}

/** An undefined organization must never mean the whole instance. */
function covers(grant: Grant, { organizationId }: Place): boolean {
  if (!('organizationId' in grant)) return true;
  return grant.organizationId !== undefined && grant.organizationId === organizationId;
}
