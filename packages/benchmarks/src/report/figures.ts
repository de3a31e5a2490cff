import type { Figure } from '../harness/row.js';

/** A figure with three significant digits. */
export function formatFigure(figure: number): string {
  if (Number.isNaN(figure)) return '–';
  if (figure >= 1e6) return `${(figure / 1e6).toPrecision(3)} M`;
  if (figure >= 1e4) return `${(figure / 1e3).toPrecision(3)} k`;
  if (figure >= 1000) return Math.round(figure).toLocaleString('en');
  return figure.toPrecision(3);
}

/** A ratio with its significant digits. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–';
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(ratio >= 1 ? 3 : 2)} ×`;
}

/** The range by the clock. */
export function rangeOf(figures: readonly Figure[]): string {
  const clocks = figures.map(({ byClock }) => byClock);
  return `${formatFigure(Math.min(...clocks))} – ${formatFigure(Math.max(...clocks))}`;
}
