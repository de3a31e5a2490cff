import type { RowCount } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Statement } from './statement.js';
import type { ModelStatements } from './model-statements.js';

/**
 * Made when a number is kept first, and not by a step of the schema: programs of before run beside it, and their writes keep the numbers, too. Its
 * form is never changed; another would have another name.
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

/** Only of the read models that have such a number: an entry of the others would cost nearly half as much again. */
const triggersOf = (model: number): string => `
  CREATE TRIGGER IF NOT EXISTS counted_in_${model} AFTER INSERT ON row_index WHEN NEW.model = ${model} BEGIN
    UPDATE row_counts SET count = count + 1 WHERE model = ${model} AND name = NEW.name AND value = NEW.value;
  END;
  CREATE TRIGGER IF NOT EXISTS counted_out_${model} AFTER DELETE ON row_index WHEN OLD.model = ${model} BEGIN
    UPDATE row_counts SET count = count - 1 WHERE model = ${model} AND name = OLD.name AND value = OLD.value;
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
  readonly #triggers: Statement<[], string>;
  readonly #hasModel: Statement<[model: number], number>;

  constructor(connection: Connection, { count }: ModelStatements) {
    const { database } = connection;
    this.#connection = connection;
    this.#count = count;
    this.#isThere = database.prepare<[], number>("SELECT 1 FROM sqlite_schema WHERE name = 'row_counts'").pluck();
    this.#find = database
      .prepare<Place, number>('SELECT count FROM row_counts WHERE model = ? AND name = ? AND value = ?')
      .pluck();
    this.#keep = database.prepare(`INSERT OR IGNORE INTO row_counts (model, name, value, count)
      SELECT model, name, value, count(*) FROM row_index WHERE model = ? AND name = ? AND value = ? GROUP BY model, name, value`);
    this.#triggers = database
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'row_index'")
      .pluck();
    this.#hasModel = database.prepare<[model: number], number>('SELECT 1 FROM models WHERE id = ?').pluck();
  }

  /** Takes away what counts for read models that are gone. */
  forgetGone(): void {
    for (const name of this.#triggers.all()) {
      const model = /^counted_(?:in|out)_(\d+)$/.exec(name)?.[1];
      const isGone = model !== undefined && this.#hasModel.get(Number(model)) === undefined;
      if (isGone) this.#connection.database.exec(`DROP TRIGGER ${name}`);
    }
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
      this.#connection.database.exec(`${TABLE}${triggersOf(place[0])}`);
      this.#keep.run(...place);
    };
    await this.#connection.writeDerived(keep).catch(() => undefined);
  }
}
