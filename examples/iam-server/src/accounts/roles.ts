/** The roles in this server, with ZITADEL's names. */
export type Role = 'IAM_OWNER' | 'IAM_OWNER_VIEWER';

/** The permissions of each role, by their names in the API's descriptors. They apply to the whole instance. */
export const permissionsOf: Readonly<Record<Role, readonly string[]>> = {
  IAM_OWNER: ['iam.policy.read', 'iam.policy.write', 'policy.read', 'policy.write', 'policy.delete'],
  IAM_OWNER_VIEWER: ['iam.policy.read', 'policy.read'],
};
