/**
 * Text selected by {@link exact}: bytes if it contains a NUL, because Node 22 cuts text there. Every Node writes such
 * text whole.
 */
export type ExactText = string | Uint8Array;

/** SQL that selects the whole text of a column. */
export function exact(column: string): string {
  return `CASE WHEN instr(${column}, char(0)) > 0 THEN CAST(${column} AS BLOB) ELSE ${column} END`;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of a value selected by {@link exact}. */
export function textOf(found: ExactText): string {
  return typeof found === 'string' ? found : utf8.decode(found);
}
