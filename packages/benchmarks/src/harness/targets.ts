import { sayRatio } from '../report/figures.js';
import type { Medians, Verdict } from './row.js';

/** Two contenders of one row, and the bound of the first's figure by the second's. */
export interface Bound {
  readonly of: string;
  readonly against: string;
  readonly times: number;
}

/** For rates: the more the better. */
export function atLeast({ of, against, times }: Bound, medians: Medians): Verdict {
  const ratio = medians(of) / medians(against);
  return { wanted: `${of} ≥ ${times} × ${against}`, found: sayRatio(ratio), isMet: ratio >= times };
}

/** For what is spent: the less the better. */
export function atMost({ of, against, times }: Bound, medians: Medians): Verdict {
  const ratio = medians(of) / medians(against);
  return { wanted: `${of} ≤ ${times} × ${against}`, found: sayRatio(ratio), isMet: ratio <= times };
}
