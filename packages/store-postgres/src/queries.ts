import type { WaitOptions } from '@login-policy/event-sourcing/store';
import type { ClientBase, CustomTypesConfig, QueryArrayConfig } from 'pg';

/** A value as the server sends it: text, independent of the program's own type parsers. */
export type Cell = string | null;

/** A value for a parameter of a statement. */
export type Value = Cell | number | Buffer;

/** One row of a result, by the order of columns. */
export type Cells = readonly Cell[];

/** A named statement for the driver, which a connection keeps. */
export type Statement = QueryArrayConfig & { readonly name: string };

/** Makes the driver leave values as text. */
export const AS_TEXT: CustomTypesConfig = { getTypeParser: () => String };

/** Runs one statement without a name, so that it works with a pooler in transaction mode. */
export async function query(
  client: ClientBase,
  text: string | Statement,
  values: readonly Value[] = [],
): Promise<readonly Cells[]> {
  const statement = typeof text === 'string' ? { text, rowMode: 'array' as const, types: AS_TEXT } : text;
  const answer = await client.query<Cell[]>(statement, [...values]);
  return answer.rows;
}

/** Runs statements; `name` is for faults. */
export interface QueryRunner {
  readonly name: string;
  read(text: string, values?: readonly Value[], wait?: WaitOptions): Promise<readonly Cells[]>;
}

/** Runs statements on one connection, in its current transaction. */
export function queryRunnerOn(client: ClientBase, name: string): QueryRunner {
  return { name, read: (text, values) => query(client, text, values) };
}

/** The single value of a result. */
export function onlyCell(rows: readonly Cells[] | undefined): string {
  const cell = rows?.[0]?.[0];
  if (typeof cell === 'string') return cell;
  throw new TypeError('expected one value from the server');
}

/** A PostgreSQL array of values without special characters; `null` for an empty one. */
export function arrayOf(cells: readonly unknown[]): Cell {
  return cells.length === 0 ? null : `{${cells.join(',')}}`;
}

/** {@link arrayOf} for any text. */
export function textsOf(cells: readonly string[]): Cell {
  return arrayOf(cells.map(arrayElement));
}

function arrayElement(cell: string): string {
  const isPlain = !cell.includes('"') && !cell.includes('\\');
  return isPlain ? `"${cell}"` : `"${cell.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/**
 * An expression that is true, and writes a message that nobody reads. With it, the commit of a transaction that only
 * finds an earlier write waits for a synchronous standby, as a commit with a write does.
 */
export const DURABLE = "pg_catalog.pg_logical_emit_message(true, 'login-policy', '') IS NOT NULL";
