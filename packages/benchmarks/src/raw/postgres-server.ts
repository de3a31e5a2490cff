import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { packageFolder } from '../harness/scratch.js';

const PROGRAM = join(packageFolder, '..', 'store-postgres', '.test-build', 'server-process.js');

/**
 * Runs work with the server at `DATABASE_URL`, otherwise with one from the store's tests. The processes that measure a
 * row find it under that name; their databases are deleted.
 *
 * @throws Error when the server is not durable, because the figures would not be comparable.
 */
export async function withServer<Result>(work: () => Promise<Result>): Promise<Result> {
  const { DATABASE_URL: configured = '' } = process.env;
  const { url, stop } = configured === '' ? await spawnServer() : { url: configured, stop: () => undefined };
  try {
    console.log(`${await describeServer(url)}, TCP to ${new URL(url).host}\n`);
    process.env['DATABASE_URL'] = url;
    return await work();
  } finally {
    await dropDatabases(url);
    stop();
  }
}

async function describeServer(url: string): Promise<string> {
  const [found] = await onServer(url, async (client) => {
    const { rows } = await client.query<{ version: string; durability: string }>(
      `SELECT 'PostgreSQL ' || current_setting('server_version') AS version,
         current_setting('fsync') || ' ' || current_setting('synchronous_commit') AS durability`,
    );
    return rows;
  });
  if (found?.durability !== 'on on')
    throw new Error(`fsync and synchronous_commit have to be on: ${found?.durability}`);
  return `${found.version}, fsync on, synchronous_commit on`;
}

/** Deletes the databases that the child processes of this one created. */
async function dropDatabases(url: string): Promise<void> {
  await onServer(url, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [databasesOf(process.pid)],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
  });
}

let count = 0;

/**
 * Creates an empty database beside the one at `DATABASE_URL` and returns its URL. The parent process deletes all of
 * them, once peers that can't be closed are gone.
 */
export async function freshDatabase(parent: number = process.ppid): Promise<string> {
  const url = new URL(process.env['DATABASE_URL'] ?? '');
  count += 1;
  const name = `${databasesOf(parent)}${process.pid}_${count}`;
  await onServer(url.href, (client) => client.query(`CREATE DATABASE ${name}`));
  url.pathname = `/${name}`;
  return url.href;
}

/** The name prefix of the databases that a process's children create. */
export function databasesOf(parent: number): string {
  return `bench_${parent}_`;
}

/** Runs work on its own connection. */
export async function onServer<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function spawnServer(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const url of createInterface(child.stdout)) return { url, stop: () => child.stdin.end() };
  throw new Error('the PostgreSQL of the tests did not start');
}
