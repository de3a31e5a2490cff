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

/** The one value a function answered with. */
export function onlyCell(rows: readonly Cells[] | undefined): string {
  const cell = rows?.[0]?.[0];
  if (typeof cell === 'string') return cell;
  throw new TypeError('the server did not answer');
}

/** A statement with literals in the places of its parameters: they have no types of their own, and become what is wanted there. */
export function withLiterals(text: string, values: readonly Cell[]): string {
  return text.replaceAll(/\$(\d+)/g, (_, place: string) => literal(values[Number(place) - 1] ?? null));
}

/**
 * Text between two tags that it does not have, as it is: to double what is special in it, character by character, takes gigabytes and
 * minutes where an event is large.
 */
function literal(value: Cell): string {
  if (value === null) return 'NULL';
  for (let number = 0; ; number++) {
    const tag = `$v${number}$`;
    const quoted = value + tag;
    if (quoted.indexOf(tag) === value.length) return tag + quoted;
  }
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

/** Asks by several statements in one round trip, without parameters, and hands out the rows of each. */
export async function script(client: ClientBase, text: string): Promise<readonly (readonly Cells[])[]> {
  const answer: unknown = await client.query<Cell[]>({ text, rowMode: 'array', types: AS_TEXT });
  const answers: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  return answers.map(rowsOf);
}

function rowsOf(answer: unknown): readonly Cells[] {
  if (typeof answer !== 'object' || answer === null || !('rows' in answer) || !Array.isArray(answer.rows)) return [];
  return answer.rows.filter((row): row is Cell[] => Array.isArray(row));
}
