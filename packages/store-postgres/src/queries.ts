import type { ClientBase, CustomTypesConfig, QueryArrayConfig } from 'pg';

/** A value as the server sends it: text, whatever parsers a program has set for its own queries. */
export type Cell = string | null;

/** One row of an answer, by the order of its columns. */
export type Cells = readonly Cell[];

/** A statement that a connection keeps under a name, as the driver wants it. */
export type Statement = QueryArrayConfig & { readonly name: string };

const AS_TEXT: CustomTypesConfig = { getTypeParser: () => String };

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

/**
 * A statement that a connection keeps under a name. The driver copies it for each call, own property by own property, which is
 * dear: so it has none of its own.
 */
export function preparedStatement(name: string, text: string): Statement {
  const statement: Statement = { name, text, rowMode: 'array', types: AS_TEXT };
  const heir: unknown = Object.create(statement);
  return isStatement(heir) ? heir : statement;
}

function isStatement(heir: unknown): heir is Statement {
  return typeof heir === 'object' && heir !== null && 'text' in heir;
}

/** The one value a function answered with. */
export function onlyCell(rows: readonly Cells[] | undefined): string {
  const cell = rows?.[0]?.[0];
  if (typeof cell === 'string') return cell;
  throw new TypeError('the server did not answer');
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
