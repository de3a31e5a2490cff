import { Fault } from '@login-policy/event-sourcing';

/** A value of a statement. */
export type Value = string | number | null;

/** A row as the driver returns it; integers are numbers. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * A statement of SQL that SQLite and PostgreSQL both understand: tables and functions are named `iam.…`, values `$1`,
 * `$2` and so on. `iam.now_ms()` is the database's clock in milliseconds since 1970.
 */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** The database of the accounts. Its failures are faults of the kernel. */
export interface Database {
  /** For messages, without secrets. */
  readonly name: string;
  /** Runs one statement, in a transaction of its own. @throws Fault */
  run(statement: Statement): Promise<readonly Row[]>;
  /**
   * Runs statements in one transaction. The first one decides: if it returns no row, nothing is changed.
   *
   * @returns the rows of the first one; `undefined` when nothing was changed.
   * @throws Fault
   */
  atOnce(statements: readonly Statement[]): Promise<readonly Row[] | undefined>;
  close(): Promise<void>;
}

/** A column that holds text. @throws Fault for anything else */
export function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new Fault('store-damaged', { store: 'The database of the accounts', problem: `a row has no ${column}` });
}

/** A statement as a tagged template: its values become `$1`, `$2` and so on. */
export function sql(texts: TemplateStringsArray, ...values: readonly Value[]): Statement {
  return { sql: texts.reduce((text, next, index) => `${text}$${index}${next}`), values };
}
