import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

/** The accounts of a server that keeps them in SQLite, as a test changes, damages or holds them. */
export class AccountsFile implements Disposable {
  readonly #database: DatabaseSync;

  constructor(server: { readonly folder: string }) {
    this.#database = new DatabaseSync(join(server.folder, '.data', 'accounts.sqlite'), { timeout: 5000 });
  }

  run(text: string, ...values: SQLInputValue[]): readonly Record<string, unknown>[] {
    return this.#database.prepare(text).all(...values);
  }

  /** Puts other organizations in the place of those that are there, and has servers read them again. */
  direct(organizations: readonly { readonly id: string; readonly name: string }[]): void {
    this.run('BEGIN IMMEDIATE');
    this.run('DELETE FROM organizations');
    for (const { id, name } of organizations)
      this.run('INSERT INTO organizations (instance, id, name) SELECT id, ?, ? FROM instances', id, name);
    this.run("UPDATE meta SET value = value || '+' WHERE key = 'directory'");
    this.run('COMMIT');
  }

  /** Keeps every other process from writing, until it is released. */
  hold(): void {
    this.run('BEGIN IMMEDIATE');
  }

  release(): void {
    this.run('ROLLBACK');
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
