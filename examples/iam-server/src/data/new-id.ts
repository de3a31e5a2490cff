import { randomInt } from 'node:crypto';

/** Eighteen digits, as in ZITADEL. */
export function newId(): string {
  const digits = Array.from({ length: 17 }, () => randomInt(10)).join('');
  return `${randomInt(1, 10)}${digits}`;
}
