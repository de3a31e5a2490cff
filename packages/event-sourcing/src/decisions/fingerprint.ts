import { createHash } from 'node:crypto';

/**
 * Tells a command from every other: the same for equal content in whatever order its members stand, and, short of a
 * broken SHA-256, for nothing else.
 */
export function fingerprint(command: object): string {
  return createHash('sha256').update(JSON.stringify(command, sorted)).digest('base64url');
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
