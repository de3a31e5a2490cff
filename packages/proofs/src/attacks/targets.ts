import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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
    const accounts = join(folder, 'accounts.sqlite');
    // A command creates the tables, and says that there is nobody yet.
    const created = { IAM_DATA: folder, IAM_STORE: storeUrl, IAM_ACCOUNTS: `sqlite:${accounts}` };
    spawnSync(process.execPath, [IAM, 'session', 'end'], { env: { PATH: process.env['PATH'], ...created } });
    fill(accounts);
    const env = {
      PORT: '0',
      ...created,
      IAM_LOG: 'error',
      IAM_ALLOWED_ORIGINS: 'https://app.test',
    };
    return { file: IAM, args: [], env };
  },
};

/** Fills the accounts of the example's server. */
function fill(file: string): void {
  const database = new DatabaseSync(file);
  const add = (table: string, row: Readonly<Record<string, string | number>>): void => {
    const names = Object.keys(row);
    const text = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    database.prepare(text).run(...Object.values(row));
  };
  for (const key of ['generation', 'secret', 'directory']) add('meta', { key, value: 'proof' });
  add('meta', { key: 'renewed_at', value: '1' });
  for (const { host, id, organizations } of INSTANCES) {
    add('instances', { id, name: id, added_at: 1 });
    add('hosts', { host, instance: id });
    for (const organization of organizations)
      add('organizations', { instance: id, id: organization, name: organization });
  }
  const { id, name, passwordHash } = MISLED_USER;
  const ours = { instance: OURS.id };
  add('users', { ...ours, id, name, role: 'IAM_OWNER' });
  add('credentials', { ...ours, id: 'password', user_id: id, kind: 'PASSWORD', secret: passwordHash, added_at: 1 });
  for (const { instance, id: machine, mayWrite, token } of MACHINES) {
    const role = mayWrite ? 'IAM_OWNER' : 'IAM_OWNER_VIEWER';
    add('machines', { digest: digestOf(token), instance: instance.id, id: machine, role });
  }
  database.close();
}
