import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { EmbeddedServer } from './embedded-server.js';

let embedded: Promise<EmbeddedServer> | undefined;

/** Where the tests find a PostgreSQL: the one `DATABASE_URL` names, or else one they start themselves, once for all. */
export async function databaseUrl(): Promise<string> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') return given;
  embedded ??= EmbeddedServer.start();
  return (await embedded).url;
}

/** The name of a schema that no other test uses. */
export function freshSchema(): string {
  return `test_${randomBytes(8).toString('hex')}`;
}

/** Throws a schema away, if it was ever made. */
export async function dropSchema(pool: Pool, schema: string): Promise<void> {
  await pool.query(`SET client_min_messages = warning; DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
}
