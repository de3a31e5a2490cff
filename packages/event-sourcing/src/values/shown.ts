const LONGEST = 60;

/** A value as a message can show it: short, on one line, without the content of objects. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `${JSON.stringify(value.slice(0, LONGEST))}${value.length > LONGEST ? ` (${value.length} characters)` : ''}`;
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${String(value).slice(0, LONGEST)}n`;
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'a list';
      return value instanceof Promise ? 'a promise' : 'an object';
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
  }
}

/** Names as a list in a sentence: `a, b and c`. */
export function joinInWords(names: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string {
  return names.length === 0 ? 'none' : new Intl.ListFormat('en-GB', { type }).format(names);
}
