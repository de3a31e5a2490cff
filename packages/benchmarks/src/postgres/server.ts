import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { packageFolder } from '../harness/package-folder.js';

/** A server that is measured on. */
export interface Server {
  readonly url: string;
  readonly version: string;
  stop(): void;
}

const PROGRAM = join(packageFolder, '..', 'store-postgres', '.test-build', 'server-process.js');

/**
 * The server that `DATABASE_URL` names, or else one that the tests of the store bring along, started for this.
 *
 * @throws Error when it would not keep what it acknowledges: then all figures would be of something else.
 */
export async function startServer(): Promise<Server> {
  const given = process.env['DATABASE_URL'];
  const started = given === undefined || given === '' ? await spawnServer() : { url: given, stop: () => undefined };
  const [found] = await onServer(started.url, async (client) => {
    const { rows } = await client.query<{ version: string; durability: string }>(
      `SELECT 'PostgreSQL ' || current_setting('server_version') AS version,
         current_setting('fsync') || ' ' || current_setting('synchronous_commit') AS durability`,
    );
    return rows;
  });
  if (found?.durability !== 'on on') throw new Error(`fsync and synchronous_commit are ${found?.durability}`);
  return { ...started, version: found.version };
}

/** Throws away all databases whose names begin like this, whoever is connected. */
export async function dropDatabases(url: string, beginning: string): Promise<void> {
  await onServer(url, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [beginning],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
  });
}

/** Does something over a connection of its own. */
export async function onServer<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function spawnServer(): Promise<{ readonly url: string; stop(): void }> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const url of createInterface(child.stdout)) return { url, stop: () => child.stdin.end() };
  throw new Error('the PostgreSQL of the tests did not start');
}
