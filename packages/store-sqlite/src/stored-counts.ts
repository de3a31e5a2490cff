import type { WantedRows } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Statement } from './statement.js';
import type { ModelStatements } from './model-statements.js';

/**
 * The table of stored counts. It is created on first use and not by a schema migration, because older programs use the
 * same file; its triggers update the counts on their writes, too. Its shape never changes; another shape would get
 * another name.
 */
const TABLE = `
  CREATE TABLE IF NOT EXISTS row_counts (
    model INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (model, name, value)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER IF NOT EXISTS counted_no_more AFTER DELETE ON models BEGIN
    DELETE FROM row_counts WHERE model = OLD.id;
  END;
`;

/**
 * The triggers of one read model. Only a model with stored counts has them, because they make a write nearly half
 * slower.
 */
const triggersOf = (model: number): string => `
  CREATE TRIGGER IF NOT EXISTS counted_in_${model} AFTER INSERT ON row_index WHEN NEW.model = ${model} BEGIN
    UPDATE row_counts SET count = count + 1 WHERE model = ${model} AND name = NEW.name AND value = NEW.value;
  END;
  CREATE TRIGGER IF NOT EXISTS counted_out_${model} AFTER DELETE ON row_index WHEN OLD.model = ${model} BEGIN
    UPDATE row_counts SET count = count - 1 WHERE model = ${model} AND name = OLD.name AND value = OLD.value;
  END;
`;

/** A smaller count is not stored, because counting so few rows is fast. */
const MIN_STORED = 1000;

/** The key of a stored count. */
type CountKey = [model: number, index: string, value: string];

/** Counts the rows of read models. Once requested, a large count is stored in the file, and each write updates it. */
export class StoredCounts {
  readonly #connection: Connection;
  readonly #count: ModelStatements['count'];
  readonly #hasTable: Statement<[], number>;
  readonly #find: Statement<CountKey, number>;
  readonly #insert: Statement<CountKey>;
  readonly #triggers: Statement<[], string>;
  readonly #hasModel: Statement<[model: number], number>;

  constructor(connection: Connection, { count }: ModelStatements) {
    const { database } = connection;
    this.#connection = connection;
    this.#count = count;
    this.#hasTable = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'row_counts'", 'value');
    this.#find = database.prepare('SELECT count FROM row_counts WHERE model = ? AND name = ? AND value = ?', 'value');
    this.#insert = database.prepare(`INSERT OR IGNORE INTO row_counts (model, name, value, count)
      SELECT model, name, value, count(*) FROM row_index WHERE model = ? AND name = ? AND value = ? GROUP BY model, name, value`);
    this.#triggers = database.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'row_index'",
      'value',
    );
    this.#hasModel = database.prepare('SELECT 1 FROM models WHERE id = ?', 'value');
  }

  /** Drops the triggers that count the rows of read models that no longer exist. */
  dropTriggersOfRemovedModels(): void {
    for (const name of this.#triggers.all()) {
      const model = /^counted_(?:in|out)_(\d+)$/.exec(name)?.[1];
      const isGone = model !== undefined && this.#hasModel.get(Number(model)) === undefined;
      if (isGone) this.#connection.database.exec(`DROP TRIGGER ${name}`);
    }
  }

  /** Counts the rows of a read model under a value of an index. Call it in a transaction. */
  of(model: number, { index, value }: Pick<WantedRows, 'index' | 'value'>): number {
    const stored = this.#hasTable.get() === undefined ? undefined : this.#find.get(model, index, value);
    if (stored !== undefined) return stored;
    const count = this.#count.get(model, index, value) ?? 0;
    if (count >= MIN_STORED && !this.#connection.isReadOnly)
      queueMicrotask(() => void this.#store([model, index, value]));
    return count;
  }

  /** Begins to store a count. If that fails, the rows are counted on each request. */
  async #store(key: CountKey): Promise<void> {
    const store = (): void => {
      this.#connection.database.exec(`${TABLE}${triggersOf(key[0])}`);
      this.#insert.run(...key);
    };
    await this.#connection.writeDerived(store).catch(() => undefined);
  }
}
