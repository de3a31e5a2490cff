import { UnserialisableData } from '../event-faults.js';
import type { IndexValues } from '../projections/projection.js';

/**
 * Refuses what is not Unicode text: a store that keeps bytes would give another text back.
 *
 * @throws UnserialisableData naming the member.
 */
export function demandText(member: string, value: unknown): void {
  if (typeof value === 'string' && value.isWellFormed()) return;
  const problem = typeof value === 'string' ? 'a lone surrogate is not Unicode text' : 'it is not text';
  throw new UnserialisableData({ path: `$.${member}`, problem });
}

/** Returns the index values of a row if they are Unicode text. @throws UnserialisableData naming the index. */
export function demandIndex(values: IndexValues): IndexValues {
  for (const [name, given] of Object.entries(values)) {
    demandText('index', name);
    for (const value of typeof given === 'string' ? [given] : given) demandText(`index.${name}`, value);
  }
  return values;
}
