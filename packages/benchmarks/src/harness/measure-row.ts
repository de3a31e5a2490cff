import type { Peers } from '../peers/peers.js';
import type { Wish } from './command-line.js';
import { interleave, type Measured } from './interleave.js';
import type { Row, Verdict } from './row.js';
import { openScratch } from './scratch.js';
import { median } from './statistics.js';

/** A row with its figures. */
export interface MeasuredRow {
  readonly row: Row;
  readonly measured: readonly Measured[];
  readonly verdicts: readonly Verdict[];
}

/** Measures one row, on files of its own that are gone afterwards. */
export async function measureRow(row: Row, wish: Wish, peers: Peers): Promise<readonly Measured[]> {
  const scratch = await openScratch();
  try {
    const contenders = await row.contenders({ isQuick: wish.isQuick, scratch, peers });
    const warmUps = wish.isQuick ? Math.min(row.warmUps, 1) : row.warmUps;
    return await interleave(contenders, { repetitions: wish.repetitions, warmUps });
  } finally {
    await scratch.remove();
  }
}

/** The median figure of a contender; NaN when it has none. */
export function medianOf(measured: readonly Measured[], name: string): number {
  return median(measured.find((one) => one.name === name)?.figures ?? []);
}
