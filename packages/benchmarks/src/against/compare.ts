import type { Request } from '../harness/command-line.js';
import { measureApart, type MeasuredRow } from '../harness/measure-row.js';
import { median } from '../harness/meter.js';
import type { Figure, Row } from '../harness/row.js';
import { formatFigure, formatRatio } from '../report/figures.js';
import { buildCommit } from './older-build.js';

/**
 * The rows of this commit and of an older one, in turns: each figure comes from a fresh process, and each round begins
 * with the other of the two. Prints the medians and ratios, and returns the rows of this commit.
 */
export function compareWith(
  against: string,
  rows: readonly Row[],
  { isQuick, repetitions }: Request,
): () => Promise<readonly MeasuredRow[]> {
  const once = { isQuick, isOursOnly: true, repetitions: 1 };
  return async () => {
    const { commit, program } = buildCommit(against);
    const compared: MeasuredRow[] = [];
    for (const row of rows) {
      const [older, newer]: [MeasuredRow[], MeasuredRow[]] = [[], []];
      for (let round = 0; round < repetitions; round++) {
        if (round % 2 === 0) older.push(await measureApart(row, once, program));
        newer.push(await measureApart(row, once));
        if (round % 2 === 1) older.push(await measureApart(row, once, program));
      }
      console.log(comparedText(row, { commit, older, newer }));
      compared.push({ row, measured: newer.flatMap(({ measured }) => measured) });
    }
    return compared;
  };
}

interface Compared {
  readonly commit: string;
  readonly older: readonly MeasuredRow[];
  readonly newer: readonly MeasuredRow[];
}

/** For each of the contenders of ours: its medians in both commits, and the ratio of this one to the older one. */
function comparedText({ name: title, unit }: Row, { commit, older, newer }: Compared): string {
  const names = new Set(newer.flatMap(({ measured }) => measured.map(({ name }) => name)));
  const lines = [...names].flatMap((name) => {
    const [before, now] = [figuresOf(older, name), figuresOf(newer, name)];
    return (['byClock', 'byProcessor'] as const).map((by) => {
      const [was, is] = [before, now].map((figures) => median(figures.map((figure) => figure[by] ?? Number.NaN)));
      const [wasText, isText] = [was, is].map((figure) => formatFigure(figure ?? Number.NaN).padStart(9));
      const how = by === 'byClock' ? 'by the clock' : 'by processor';
      return `  ${name}  ${how}  ${commit} ${wasText}   now ${isText}   now ÷ then ${formatRatio((is ?? Number.NaN) / (was ?? Number.NaN))}`;
    });
  });
  return [`${title} [${unit}], ${newer.length} rounds in turns`, ...lines, ''].join('\n');
}

function figuresOf(rows: readonly MeasuredRow[], name: string): readonly Figure[] {
  return rows.flatMap(({ measured }) => measured.filter((one) => one.name === name)).flatMap(({ figures }) => figures);
}
