import { stripVTControlCharacters } from 'node:util';

/** Rows of text under one another; the last column may be as long as it likes. */
export function table(rows: readonly (readonly string[])[], gap = '  '): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries())
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
      )
      .join(gap)
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join('');
}

function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/** Each line a little further right. */
export function indented(text: string, by = '  '): string {
  return text.replaceAll(/^(?=.)/gm, by);
}
