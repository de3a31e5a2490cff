/** The roles in this server. Apart from `USER`, they have ZITADEL's names. */
export const ROLES = ['IAM_OWNER', 'IAM_OWNER_VIEWER', 'ORG_OWNER', 'ORG_OWNER_VIEWER', 'USER'] as const;
/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** The roles that may change policies. */
export const ADMINISTRATORS: readonly Role[] = ['IAM_OWNER', 'ORG_OWNER'];

/** The permission to read who the users are. The API has none of that name. */
export const READ_USERS = 'user.read';

/**
 * The permissions of each role, by their names in the API's descriptors. Those of `IAM_…` apply to the whole instance,
 * those of `ORG_…` to the user's organization.
 */
export const permissionsOf: Readonly<Record<Role, readonly string[]>> = {
  IAM_OWNER: [
    ...['iam.policy.read', 'iam.policy.write', 'iam.policy.emergency', 'events.read', READ_USERS],
    ...['policy.read', 'policy.write', 'policy.delete', 'policy.emergency'],
  ],
  IAM_OWNER_VIEWER: ['iam.policy.read', 'events.read', 'policy.read', READ_USERS],
  ORG_OWNER: ['policy.read', 'policy.write', 'policy.delete', 'policy.emergency'],
  ORG_OWNER_VIEWER: ['policy.read'],
  USER: [],
};

/** Whether a role is one of the whole instance. */
export function isOfInstance(role: Role): boolean {
  return role.startsWith('IAM_');
}
