/** The furthest place in the order of the store that this page has heard of; `0` before the first. */
let seen = 0n;

/** Takes note of a place: one that a change was told with, or that an answer came with. */
export function notePosition(position: string | null | undefined): void {
  if (position === null || position === undefined || !/^\d{1,51}$/.test(position)) return;
  const place = BigInt(position);
  if (place > seen) seen = place;
}

/**
 * The header that has a read answered with no less than what this page has heard of: the process that answers may not have
 * it in its read model yet, and what it then answered would stay on the page.
 */
export function noLessThanSeen(): Readonly<Record<string, string>> {
  return seen === 0n ? {} : { 'login-policy-at-least': seen.toString() };
}

/** Whether a place is further than this page has heard of. */
export function isBeyondSeen(position: string): boolean {
  return /^\d{1,51}$/.test(position) && BigInt(position) > seen;
}

/** The store was put back to an earlier state, or is another one: what was heard of is not there any more. */
export function forgetSeen(): void {
  seen = 0n;
}
