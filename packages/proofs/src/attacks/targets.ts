import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, INSTANCES, MISLED_USER, MACHINES, OURS } from './fixtures.js';
import type { Command } from './target.js';

const API = fileURLToPath(new URL('api-server.js', import.meta.url));
const IAM = fileURLToPath(new URL('../../../../examples/iam-server/dist/main.js', import.meta.url));

/** What a server is started with. */
export interface ServerInputs {
  readonly folder: string;
  readonly storeUrl: string;
  /** The URL of the keys that tokens are signed with. */
  readonly keys: string;
}

/** The command line of a server. */
export type CommandFor = (inputs: ServerInputs) => Promise<Command>;

/** The API with the default limits of a port, and a long history. */
export function patientApi({ keys, storeUrl }: ServerInputs): Command {
  return { file: API, args: [storeUrl, keys, 'patient'], env: {} };
}

/** The attacked servers, by name. */
export const TARGETS: Readonly<Record<string, CommandFor>> = {
  'api.listen': ({ keys, storeUrl }) => Promise.resolve({ file: API, args: [storeUrl, keys], env: {} }),
  'the IAM server': async ({ folder, storeUrl }) => {
    await writeFile(join(folder, 'iam.json'), JSON.stringify(accounts()), { mode: 0o600 });
    const env = {
      PORT: '0',
      IAM_DATA: folder,
      IAM_STORE: storeUrl,
      IAM_LOG: 'error',
      IAM_ALLOWED_ORIGINS: 'https://app.test',
    };
    return { file: IAM, args: [], env };
  },
};

/** The accounts of the example's server. */
function accounts(): object {
  const { id, name, passwordHash } = MISLED_USER;
  const instances = INSTANCES.map((instance) => ({
    id: instance.id,
    name: instance.id,
    hosts: [instance.host],
    organizations: instance.organizations.map((organization) => ({ id: organization, name: organization })),
    users: instance === OURS ? [{ id, name, role: 'IAM_OWNER', passwordHash }] : [],
    machines: MACHINES.filter((machine) => machine.instance === instance).map((machine) => ({
      id: machine.id,
      role: machine.mayWrite ? 'IAM_OWNER' : 'IAM_OWNER_VIEWER',
      tokenDigest: digestOf(machine.token),
    })),
  }));
  return { generation: 'proof', instances };
}
