import type { Measured } from '../harness/interleave.js';
import { medianOf, type MeasuredRow } from '../harness/measure-row.js';
import { median } from '../harness/statistics.js';
import { sayFigure, sayRatio } from './figures.js';

/** One measured row for a person at a terminal. */
export function rowAsText({ row, measured, verdicts }: MeasuredRow): string {
  if (measured.length === 0) return `${row.name}: its process ended without figures\n`;
  const against = medianOf(measured, measured[0]?.name ?? '');
  const width = Math.max(...measured.map(({ name }) => name.length));
  const lines = measured.map((one) => `  ${one.name.padEnd(width)}  ${figuresOf(one, against)}`);
  const targets = verdicts.map(({ wanted, found, isMet }) => `  ${isMet ? 'met' : 'MISSED'}: ${wanted} (${found})`);
  return [`${row.name}: ${row.work} [${row.unit}]`, ...lines, ...targets, ''].join('\n');
}

function figuresOf({ figures, failures }: Measured, against: number): string {
  const failed = failures.length === 0 ? '' : `  failed ${failures.length}×: ${failures[0]}`;
  if (figures.length === 0) return failed.trim();
  const middle = median(figures);
  const range = `${sayFigure(Math.min(...figures))} – ${sayFigure(Math.max(...figures))}`;
  return `${sayFigure(middle).padStart(8)}  (${range})`.padEnd(32) + sayRatio(middle / against).padStart(9) + failed;
}
