import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { EmbeddedServer } from './embedded-server.js';

let embedded: Promise<EmbeddedServer> | undefined;

/** The server that was lent to the tests: it gets back as it was. */
const lent = process.env['DATABASE_URL'] === '' ? undefined : process.env['DATABASE_URL'];

/** Where the tests find a PostgreSQL: the one `DATABASE_URL` names, or else one they start themselves, once for all. */
export async function databaseUrl(): Promise<string> {
  if (lent !== undefined) return lent;
  return (await embeddedServer()).url;
}

/** Stops the server where it is, until what this answers with is called; one that was lent is left alone. */
export const freezeServer: (() => Promise<() => Promise<void>>) | undefined =
  lent === undefined ? async () => (await embeddedServer()).freeze() : undefined;

function embeddedServer(): Promise<EmbeddedServer> {
  embedded ??= EmbeddedServer.start();
  return embedded;
}

/** The name of a schema that no other test uses. */
export function freshSchema(): string {
  return `test_${randomBytes(8).toString('hex')}`;
}

/**
 * Throws a schema away, if it was ever made, on a server that is not thrown away itself: it takes as long as to make
 * it.
 */
export async function disposeOfSchema(pool: Pool, schema: string): Promise<void> {
  if (lent !== undefined) await dropSchema(pool, schema);
}

/** Throws a schema away, if it was ever made. */
export async function dropSchema(pool: Pool, schema: string): Promise<void> {
  await pool.query(`SET client_min_messages = warning; DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
}
