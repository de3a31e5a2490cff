import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isFault } from '@login-policy/event-sourcing';
import { CannotStart, withoutSecrets } from '../config.js';
import type { Database } from './database/database.js';
import { ensureTables } from './database/tables.js';

/**
 * Opens the database of the accounts, with its tables, and loads no other database's driver.
 *
 * @param now the clock of a SQLite database; PostgreSQL has its own.
 * @throws CannotStart
 */
export async function openAccounts(url: string, now: () => number = () => Date.now()): Promise<Database> {
  try {
    const isSqlite = url.startsWith('sqlite:');
    const database = isSqlite ? await openSqlite(url.slice('sqlite:'.length), now) : await openPostgres(url);
    try {
      await ensureTables(database, isSqlite ? 'sqlite' : 'postgres');
    } catch (caught) {
      await database.close();
      throw caught;
    }
    return database;
  } catch (caught) {
    const reason = (caught instanceof Error ? caught.message : String(caught)).trim().replace(/\.$/, '');
    throw new CannotStart(`The accounts of IAM_ACCOUNTS, ${withoutSecrets(url)}, can't be opened: ${reason}.`, {
      cause: caught,
      remedy: isFault(caught) && caught.retryable ? 'start again' : 'mend what is named',
    });
  }
}

async function openSqlite(path: string, now: () => number): Promise<Database> {
  await mkdir(dirname(path), { recursive: true });
  const { SqliteDatabase } = await import('./database/sqlite-database.js');
  return SqliteDatabase.open(path, now);
}

async function openPostgres(url: string): Promise<Database> {
  const { PostgresDatabase } = await import('./database/postgres-database.js');
  return new PostgresDatabase(url);
}
