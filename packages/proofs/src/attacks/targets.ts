import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, INSTANCES, LED_ASTRAY, MACHINES, OURS } from './fixtures.js';
import type { Command } from './target.js';

const API = fileURLToPath(new URL('api-server.js', import.meta.url));
const IAM = fileURLToPath(new URL('../../../../examples/iam-server/dist/main.js', import.meta.url));

/** Where a server finds what it needs. */
export interface Given {
  readonly folder: string;
  readonly storeUrl: string;
  /** The address of the keys that signed tokens are made with. */
  readonly keys: string;
}

/** How a server is started with what it needs. */
export type CommandWith = (given: Given) => Promise<Command>;

/** The API with the limits that a port has by itself, and a long history. */
export function patientApi({ keys, storeUrl }: Given): Command {
  return { file: API, args: [storeUrl, keys, 'patient'], env: {} };
}

/** What is attacked, by its name. */
export const TARGETS: Readonly<Record<string, CommandWith>> = {
  'api.listen': ({ keys, storeUrl }) => Promise.resolve({ file: API, args: [storeUrl, keys], env: {} }),
  'the IAM server': async ({ folder, storeUrl }) => {
    await writeFile(join(folder, 'iam.json'), JSON.stringify(facts()), { mode: 0o600 });
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

/** What the example's server keeps of its accounts. */
function facts(): object {
  const { id, name, passwordHash } = LED_ASTRAY;
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
