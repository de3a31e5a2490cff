import type { Figure } from '../harness/row.js';

/** The text for a missing figure. */
export const NO_FIGURE = '–';

/** A figure with three significant digits. */
export function formatFigure(figure: number): string {
  if (Number.isNaN(figure)) return NO_FIGURE;
  if (figure >= 1e6) return `${(figure / 1e6).toPrecision(3)} M`;
  if (figure >= 1e4) return `${(figure / 1e3).toPrecision(3)} k`;
  if (figure >= 1000) return Math.round(figure).toLocaleString('en');
  return figure.toPrecision(3);
}

/** A ratio with its significant digits. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return NO_FIGURE;
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(ratio >= 1 ? 3 : 2)} ×`;
}

/** The range by the clock. */
export function rangeOf(figures: readonly Figure[]): string {
  const clocks = figures.map(({ byClock }) => byClock);
  return `${formatFigure(Math.min(...clocks))} – ${formatFigure(Math.max(...clocks))}`;
}
