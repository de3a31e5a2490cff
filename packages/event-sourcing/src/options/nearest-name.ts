import { joinInWords } from '../values/shown.js';

/** What to say of an unknown name: the name that was probably meant, `otherwise`, or without that all there are. */
export function hintFor(given: string, names: readonly string[], otherwise?: string): string {
  const nearest = nearestName(given, names);
  if (nearest !== undefined) return `Did you mean ${nearest}?`;
  return otherwise ?? `There ${names.length === 1 ? 'is only' : 'are'} ${joinInWords(names)}.`;
}

/** The name that was probably meant, out of the valid ones; `undefined` when none is near. */
function nearestName(given: string, names: readonly string[]): string | undefined {
  // No valid name is this long, and the time grows with the length.
  if (given.length > 100) return undefined;
  const plain = normalized(given);
  const [nearest] = names
    .map((name) => ({ name, distance: distance(plain, normalized(name)) }))
    .toSorted((one, other) => one.distance - other.distance);
  return nearest !== undefined && nearest.distance <= Math.max(1, plain.length * 0.4) ? nearest.name : undefined;
}

/** Case and underscores are the most frequent mistakes. */
function normalized(name: string): string {
  return name.replace(/[_\s-]/g, '').toLowerCase();
}

/** The number of letters to insert, delete or replace (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of Array.from(from).entries()) {
    const next = [line + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? from.length;
}
