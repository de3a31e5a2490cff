/** A number and what it counts: `1 organization`, `12 organizations`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

const MOST_NAMES = 5;

/** Names in a sentence: `A, B and C`. A list longer than `most` ends in `and 7 more`. `count` includes names that were not passed. */
export function listed(names: readonly string[], count: number = names.length, most: number = MOST_NAMES): string {
  const shown = names.slice(0, most);
  const rest = count - shown.length;
  const all = rest > 0 ? [...shown, counted(rest, 'more', 'more')] : shown;
  return new Intl.ListFormat('en-GB', { type: 'conjunction' }).format(all);
}
