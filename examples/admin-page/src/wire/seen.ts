/** The latest position that this page knows; `0` before the first. */
let seen = 0n;

/** Records the position of a change or an answer. */
export function notePosition(position: string | null | undefined): void {
  if (position === null || position === undefined || !/^\d{1,51}$/.test(position)) return;
  const place = BigInt(position);
  if (place > seen) seen = place;
}

/**
 * The header that makes a read include everything up to the latest known position. Without it, a process whose read
 * model lags could return an older state, which would stay on the page.
 */
export function noLessThanSeen(): Readonly<Record<string, string>> {
  return seen === 0n ? {} : { 'login-policy-at-least': seen.toString() };
}

/** Whether a position is after the latest known one. */
export function isBeyondSeen(position: string): boolean {
  return /^\d{1,51}$/.test(position) && BigInt(position) > seen;
}

/** Resets the position, because the store was restored to an earlier state or replaced. */
export function forgetSeen(): void {
  seen = 0n;
}
