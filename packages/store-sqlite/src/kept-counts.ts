import type { RowCount } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Statement } from './database.js';
import type { ModelStatements } from './model-statements.js';

/**
 * Made when a number is kept first, and not by a step of the schema: programs of before run beside it, and their writes
 * keep the numbers, too. Its form is never changed; another would have another name.
 */
const TABLE = `
  CREATE TABLE IF NOT EXISTS index_counts (
    model INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (model, name, value)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER IF NOT EXISTS counted_in AFTER INSERT ON row_index BEGIN
    UPDATE index_counts SET count = count + 1 WHERE model = NEW.model AND name = NEW.name AND value = NEW.value;
  END;
  CREATE TRIGGER IF NOT EXISTS counted_out AFTER DELETE ON row_index BEGIN
    UPDATE index_counts SET count = count - 1 WHERE model = OLD.model AND name = OLD.name AND value = OLD.value;
  END;
  CREATE TRIGGER IF NOT EXISTS counted_no_more AFTER DELETE ON models BEGIN
    DELETE FROM index_counts WHERE model = OLD.id;
  END;
`;

/** So many rows are counted as soon as a number is looked up. */
const FEW = 1000;

type Place = [model: number, index: string, value: string];

/** Counts rows of read models, and has the numbers kept that are asked for and take long to count. */
export class KeptCounts {
  readonly #connection: Connection;
  readonly #count: ModelStatements['count'];
  readonly #isThere: Statement<[], number>;
  readonly #find: Statement<Place, number>;
  readonly #keep: Statement<Place>;

  constructor(connection: Connection, { count }: ModelStatements) {
    const { database } = connection;
    this.#connection = connection;
    this.#count = count;
    this.#isThere = database.prepare<[], number>("SELECT 1 FROM sqlite_schema WHERE name = 'index_counts'").pluck();
    this.#find = database
      .prepare<Place, number>('SELECT count FROM index_counts WHERE model = ? AND name = ? AND value = ?')
      .pluck();
    this.#keep = database.prepare(`INSERT OR IGNORE INTO index_counts (model, name, value, count)
      SELECT model, name, value, count(*) FROM row_index WHERE model = ? AND name = ? AND value = ? GROUP BY model, name, value`);
  }

  /** Counts the rows of a read model under a value of an index, in the transaction that is open. */
  of(model: number, { index, value }: RowCount): number {
    const kept = this.#isThere.get() === undefined ? undefined : this.#find.get(model, index, value);
    if (kept !== undefined) return kept;
    const count = this.#count.get(model, index, value) ?? 0;
    if (count >= FEW && !this.#connection.isReadOnly) queueMicrotask(() => void this.#begin([model, index, value]));
    return count;
  }

  /** From now on the number is kept. Where that can't be, it is counted each time. */
  async #begin(place: Place): Promise<void> {
    const keep = (): void => {
      this.#connection.database.exec(TABLE);
      this.#keep.run(...place);
    };
    await this.#connection.writeDerived(keep).catch(() => undefined);
  }
}
