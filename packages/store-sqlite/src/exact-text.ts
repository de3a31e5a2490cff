/**
 * Text as a statement hands it out that asks for it by {@link exact}: as bytes where it holds a NUL, since Node 22 cuts text there. It
 * is written whole by every Node.
 */
export type ExactText = string | Uint8Array;

/** SQL for all of a column of text. */
export function exact(column: string): string {
  return `CASE WHEN instr(${column}, char(0)) > 0 THEN CAST(${column} AS BLOB) ELSE ${column} END`;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text. */
export function textOf(found: ExactText): string {
  return typeof found === 'string' ? found : utf8.decode(found);
}
