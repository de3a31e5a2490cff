import type { SQLInputValue, StatementResultingChanges, StatementSync } from 'node:sqlite';
import type { DriverConnection } from './driver.js';

/** The form of rows: objects by column name, lists, or the first column only. Column names are unique. */
export type RowShape = 'record' | 'list' | 'value';

/** What a statement is run on: a database whose connection may be opened anew. */
export interface Connections {
  /** The current connection. */
  connection(): DriverConnection;
  /** @throws the error after which SQLite has rolled back the running transaction. */
  throwIfRolledBack(): void;
  /** Is told of each error of a statement. */
  noteError(caught: unknown): void;
}

/** A prepared statement, compiled on first use and again after each reopening. */
export class Statement<Values extends SQLInputValue[] = SQLInputValue[], Row = unknown> {
  readonly #database: Connections;
  readonly #sql: string;
  readonly #shape: RowShape;
  #compiled: { readonly statement: StatementSync; readonly connection: DriverConnection } | undefined;

  constructor(database: Connections, sql: string, shape: RowShape) {
    this.#database = database;
    this.#sql = sql;
    this.#shape = shape;
  }

  // Explicit calls: calling the driver's methods by name makes a read about 3 % slower.
  run(...values: Values): StatementResultingChanges {
    try {
      return this.#compile().run(...values);
    } catch (caught) {
      this.#database.noteError(caught);
      throw caught;
    }
  }

  get(...values: Values): Row | undefined {
    try {
      const row = this.#compile().get(...values);
      return row === undefined ? undefined : this.#shaped(row);
    } catch (caught) {
      this.#database.noteError(caught);
      throw caught;
    }
  }

  all(...values: Values): Row[] {
    try {
      return this.#compile()
        .all(...values)
        .map((row) => this.#shaped(row));
    } catch (caught) {
      this.#database.noteError(caught);
      throw caught;
    }
  }

  /** Yields row by row. Ending early closes the statement. */
  *iterate(...values: Values): Generator<Row, void, undefined> {
    try {
      for (const row of this.#compile().iterate(...values)) yield this.#shaped(row);
    } catch (caught) {
      this.#database.noteError(caught);
      throw caught;
    }
  }

  #compile(): StatementSync {
    this.#database.throwIfRolledBack();
    const connection = this.#database.connection();
    if (this.#compiled?.connection === connection) return this.#compiled.statement;
    const statement = connection.prepare(this.#sql);
    if (this.#shape !== 'record') statement.setReturnArrays(true);
    this.#compiled = { statement, connection };
    return statement;
  }

  #shaped(row: object): Row {
    if (this.#shape !== 'value' || !Array.isArray(row)) return row as Row;
    const cells: readonly unknown[] = row;
    return cells[0] as Row;
  }
}
