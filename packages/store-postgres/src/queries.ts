import type { WaitOptions } from '@login-policy/event-sourcing/store';
import type { ClientBase, CustomTypesConfig, QueryArrayConfig } from 'pg';

/** A value as the server sends it: text, whatever parsers a program has set for its own queries. */
export type Cell = string | null;

/** One row of an answer, by the order of its columns. */
export type Cells = readonly Cell[];

/** A statement that a connection keeps under a name, as the driver wants it. */
export type Statement = QueryArrayConfig & { readonly name: string };

/** Has the driver leave values as they came. */
export const AS_TEXT: CustomTypesConfig = { getTypeParser: () => String };

/** Asks by one statement: without a name, a pooler in transaction mode takes it too. */
export async function query(
  client: ClientBase,
  text: string | Statement,
  values: readonly unknown[] = [],
): Promise<readonly Cells[]> {
  const statement = typeof text === 'string' ? { text, rowMode: 'array' as const, types: AS_TEXT } : text;
  const answer = await client.query<Cell[]>(statement, [...values]);
  return answer.rows;
}

/** Who answers statements, by the name that faults say. */
export interface Answering {
  readonly name: string;
  read(text: string, values?: readonly unknown[], wait?: WaitOptions): Promise<readonly Cells[]>;
}

/** What answers on one connection, inside of whatever transaction it is in. */
export function answeringOn(client: ClientBase, name: string): Answering {
  return { name, read: (text, values) => query(client, text, values) };
}

/** The one value a function answered with. */
export function onlyCell(rows: readonly Cells[] | undefined): string {
  const cell = rows?.[0]?.[0];
  if (typeof cell === 'string') return cell;
  throw new TypeError('the server did not answer');
}

/** What has no sign that an array has a meaning for, as an array of the server's; `null` for one of nothing. */
export function arrayOf(cells: readonly unknown[]): Cell {
  return cells.length === 0 ? null : `{${cells.join(',')}}`;
}

/** {@link arrayOf} any text. */
export function textsOf(cells: readonly string[]): Cell {
  return arrayOf(cells.map(element));
}

function element(cell: string): string {
  const isPlain = !cell.includes('"') && !cell.includes('\\');
  return isPlain ? `"${cell}"` : `"${cell.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/**
 * An expression that writes something which nobody reads, and answers whether it did: so the commit of a transaction that only found what
 * was written before waits for a synchronous standby as the commit of a write does.
 */
export const DURABLE = "pg_catalog.pg_logical_emit_message(true, 'login-policy', '') IS NOT NULL";
