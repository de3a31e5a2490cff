import { Fault } from '../values/fault.js';

/**
 * Refuses what is not Unicode text: a store that keeps bytes would give another text back.
 *
 * @throws UnserialisableData naming the member.
 */
export function demandText(member: string, value: unknown): void {
  if (isText(value)) return;
  const problem = typeof value === 'string' ? 'a lone surrogate is not Unicode text' : 'it is not text';
  throw new Fault('unserialisable-data', { path: `$.${member}`, problem });
}

/** The same for a value of an index. Its name is put together only for the fault. */
export function demandIndexed(index: string, value: unknown): void {
  if (!isText(value)) demandText(`index.${index}`, value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.isWellFormed();
}
