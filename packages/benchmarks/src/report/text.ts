import type { MeasuredRow } from '../harness/measure-row.js';
import { judge, medianOf, ratioOf } from '../harness/verdict.js';
import { rangeOf, formatFigure, formatRatio } from './figures.js';

/** One measured row for a terminal. */
export function rowAsText(result: MeasuredRow): string {
  const { measured } = result;
  if (measured.length === 0) return `${result.row.name}: its process ended without figures\n`;
  const width = Math.max(...measured.map(({ name }) => name.length));
  const lines = measured.map(({ name, figures, failures }) => {
    const failed = failures.length === 0 ? '' : `  failed ${failures.length}×: ${failures[0]}`;
    if (figures.length === 0) return `  ${name.padEnd(width)}${failed}`;
    const clock = `${formatFigure(medianOf(result, name)).padStart(8)}  (${rangeOf(figures)})`.padEnd(30);
    const processor = formatFigure(medianOf(result, name, 'byProcessor')).padStart(12);
    const ratios = [ratioOf(result, name), ratioOf(result, name, 'byProcessor')].map((one) =>
      formatRatio(one).padStart(9),
    );
    return `  ${name.padEnd(width)}  ${clock}${ratios[0]}${processor}${ratios[1]}${failed}`;
  });
  const head = `  ${' '.repeat(width)}  ${'by clock'.padEnd(30)}    ÷ raw   processor    ÷ raw`;
  const method = measured.map((one) => `  ${one.name.padEnd(width)}  ${one.method}`);
  return [`${result.row.name}: ${result.row.work} [${result.row.unit}]`, head, ...lines, ...method, ''].join('\n');
}

/** One line per row that has a target: whether it was met. */
export function summaryAsText(rows: readonly MeasuredRow[]): string {
  const lines = rows.flatMap((one) => {
    const verdict = judge(one);
    if (verdict === undefined) return [];
    const { wanted, found, isMet } = verdict;
    return [[one.row.name.padEnd(26), isMet ? 'met   ' : 'MISSED', found.padStart(8), ` wanted: ${wanted}`].join(' ')];
  });
  return lines.join('\n');
}
