/** Permissions in one instance, or in one of its organizations. */
export interface Grant {
  /**
   * The permission names in the protobuf service descriptors: `iam.policy.read`, `iam.policy.write`, `policy.read`,
   * `policy.write`, `policy.delete`.
   */
  readonly permissions: readonly string[];
  /**
   * The only organization that the grant applies to. If absent, it applies to the instance and all its organizations.
   * If present but undefined, it applies nowhere.
   */
  readonly organizationId?: string;
}

/** An authenticated caller. */
export interface Caller {
  /** The id of the user or machine. It is recorded as the actor of events. */
  readonly id: string;
  /**
   * The person behind the account or machine: the same for all their accounts and tokens. Nobody approves what the same
   * subject proposed. Default: `id`.
   */
  readonly subject?: string;
  /** The caller's instance. In other instances the caller has no permissions, whatever `isAllowed` returns. */
  readonly instanceId: string;
  /** The organization for requests that don't name one. */
  readonly organizationId?: string;
  readonly grants: readonly Grant[];
}

/** The scope of a permission check: an instance; with `organizationId`, one of its organizations. */
export interface PermissionScope {
  readonly instanceId: string;
  readonly organizationId?: string;
}

/**
 * Whether one of the caller's grants includes the permission in this scope. A grant for one organization does not apply
 * to the instance. False for a caller or a scope that names no instance.
 */
export function holdsGrant(caller: Caller, permission: string, scope: PermissionScope): boolean {
  if (typeof scope?.instanceId !== 'string' || caller?.instanceId !== scope.instanceId) return false;
  const grants: readonly Grant[] = Array.isArray(caller.grants) ? caller.grants : [];
  // `permissions` must be an array: the `includes` of a string would accept any part of it.
  return grants.some(
    (grant) => Array.isArray(grant?.permissions) && grant.permissions.includes(permission) && covers(grant, scope),
  );
}

/** Whether a grant applies to a scope. An undefined organization must never mean the whole instance. */
function covers(grant: Grant, { organizationId }: PermissionScope): boolean {
  if (!('organizationId' in grant)) return true;
  return grant.organizationId !== undefined && grant.organizationId === organizationId;
}
