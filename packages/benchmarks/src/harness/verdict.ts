import { formatFigure, formatRatio } from '../report/figures.js';
import type { MeasuredRow } from './measure-row.js';
import { median } from './meter.js';
import type { Target } from './row.js';

/** The target of a row, and whether it was reached. */
export interface Verdict {
  readonly wanted: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** The median of a contender's figures; NaN when it has none. */
export function medianOf({ measured }: MeasuredRow, name: string, by: 'byClock' | 'byProcessor' = 'byClock'): number {
  const figures = measured.find((one) => one.name === name)?.figures ?? [];
  return median(figures.map((figure) => figure[by] ?? Number.NaN));
}

/** Its median divided by that of `raw`. */
export function ratioOf(row: MeasuredRow, name: string, by: 'byClock' | 'byProcessor' = 'byClock'): number {
  return medianOf(row, name, by) / medianOf(row, 'raw', by);
}

/**
 * Judges a row: a rate by the clock and by processor time, others by their figure. Without figures, a target is missed.
 */
export function judge(measured: MeasuredRow): Verdict | undefined {
  const { target, unit } = measured.row;
  if (target === undefined) return undefined;
  const sign = target.bound === 'at least' ? '≥' : '≤';
  if (target.times === undefined) {
    const found = medianOf(measured, 'ours');
    return {
      wanted: `${sign} ${target.figure} ${unit}`,
      found: formatFigure(found),
      isMet: meets(target.bound, found, target.figure),
    };
  }
  const { bound, times, of = 'raw' } = target;
  const judged = unit.endsWith('/s') ? (['byClock', 'byProcessor'] as const) : (['byClock'] as const);
  const ratios = judged.map((by) => medianOf(measured, 'ours', by) / medianOf(measured, of, by));
  return {
    wanted: `${sign} ${times} × ${of}`,
    found: ratios.map(formatRatio).join(' by the clock, ') + (ratios.length > 1 ? ' by processor' : ''),
    isMet: ratios.every((ratio) => meets(bound, ratio, times)),
  };
}

function meets(bound: Target['bound'], found: number, limit: number): boolean {
  return bound === 'at least' ? found >= limit : found <= limit;
}
