import type { DirectoryEntry, Instance } from './accounts/instances.js';
import type { Secrets } from './data/quickstart.js';

const FACTORS = '/admin/v1/policies/login/multi_factors';
const PASSKEY = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

/** An instance, and some of its organizations. */
export interface AnnouncedInstance extends Instance {
  readonly organizations: readonly DirectoryEntry[];
}

/** The result of a start. */
export interface Started {
  readonly url: string;
  readonly storeName: string;
  readonly instances: readonly AnnouncedInstance[];
  /** Only in the start that created them. */
  readonly secrets: Secrets | undefined;
  /** The file with the secrets in clear text. */
  readonly secretsFile: string;
}

/** What the operator sees at the start, line by line. */
export function announcement(started: Started): readonly string[] {
  const { url, storeName, instances, secrets, secretsFile } = started;
  return [
    '',
    `The login policy's page   ${urlOfPage(url)}/`,
    `its API                   ${url}  over REST, gRPC, gRPC-Web and Connect`,
    `kept in                   ${storeName}`,
    ...instances.flatMap(({ id, name, organizations }) => [
      `instance                  ${id}  ${name}`,
      ...organizations.map((one) => `organization              ${one.id}  ${one.name}`),
    ]),
    '',
    ...(secrets === undefined ? withoutSecrets(secretsFile) : withSecrets(started, secrets)),
    '',
  ];
}

/** Passkeys need a name, and browsers find this machine under one. */
function urlOfPage(url: string): string {
  return url.replace(/^(https?:\/\/)(127\.0\.0\.1|\[::1\])(?=:|$)/, '$1localhost');
}

function withSecrets({ url, secretsFile }: Started, { tokens, users }: Secrets): readonly string[] {
  const curl = (verb: string): string => `curl -X ${verb} -H 'Authorization: Bearer ${tokens.owner}'`;
  return [
    `sign in as the owner      ${users.owner.name}  ${users.owner.password}`,
    `sign in as a viewer       ${users.viewer.name}  ${users.viewer.password}`,
    `the owner's token         ${tokens.owner}`,
    `a viewer's token          ${tokens.viewer}`,
    '',
    'Remove the multi-factor:',
    `  ${curl('DELETE')} ${url}${FACTORS}/${PASSKEY}`,
    'and undo it:',
    `  ${curl('POST')} -H 'Content-Type: application/json' -d '{"type":"${PASSKEY}"}' ${url}${FACTORS}`,
    '',
    `These secrets are printed this once. They stand in clear in ${secretsFile} too; delete it when you have them elsewhere.`,
  ];
}

function withoutSecrets(secretsFile: string): readonly string[] {
  return [
    `Passwords and tokens are those of an earlier start, in ${secretsFile} unless it was deleted. To get new ones,`,
    'start once with IAM_RESET_SECRETS=yes; that also ends all sessions.',
  ];
}
