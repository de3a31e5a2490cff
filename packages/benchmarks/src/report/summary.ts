import { medianOf, type MeasuredRow } from '../harness/measure-row.js';
import { sayFigure, sayRatio } from './figures.js';

/** One line a target, for a person at a terminal. */
export function summaryAsText(rows: readonly MeasuredRow[]): string {
  const lines = rows.flatMap(({ row, measured, verdicts }) => {
    const [raw, ours] = [medianOf(measured, 'raw'), medianOf(measured, 'ours')];
    const figures = [sayFigure(raw).padStart(9), sayFigure(ours).padStart(9), sayRatio(ours / raw).padStart(8)].join(
      ' ',
    );
    return verdicts.map(({ wanted, found, isMet }) =>
      [row.name.padEnd(18), figures, ` ${isMet ? 'met   ' : 'MISSED'}`, `${wanted} (${found})`].join(' '),
    );
  });
  const head = `${'row'.padEnd(18)} ${'raw'.padStart(9)} ${'ours'.padStart(9)} ${'ratio'.padStart(8)}`;
  return [`${head}  target`, ...lines].join('\n');
}
