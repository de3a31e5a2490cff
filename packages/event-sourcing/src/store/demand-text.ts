import { UnserialisableData } from '../event-faults.js';

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
