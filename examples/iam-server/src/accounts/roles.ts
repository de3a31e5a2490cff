/** What somebody may be in this server, in ZITADEL's words. */
export type Role = 'IAM_OWNER' | 'IAM_OWNER_VIEWER';

/** What each role may do, in the words of the API's descriptors; everywhere in the instance. */
export const permissionsOf: Readonly<Record<Role, readonly string[]>> = {
  IAM_OWNER: ['iam.policy.read', 'iam.policy.write', 'policy.read', 'policy.write', 'policy.delete'],
  IAM_OWNER_VIEWER: ['iam.policy.read', 'policy.read'],
};
