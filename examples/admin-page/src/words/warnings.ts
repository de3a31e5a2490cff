import type { PolicyWarning } from '../wire/preview.js';

/** The user-facing text of a warning; the server's sentence for an unknown one. */
export function warningInWords({ warning, message }: PolicyWarning): string {
  if (warning !== 'weaker-sign-in') return message;
  return 'Users who have nothing else set up will sign in with one factor from now on, such as their password alone: this policy does not require a second one.';
}

const LOCK_OUTS: readonly string[] = ['no-factor-left', 'no-way-to-sign-in'];

/** The names of those warnings that make the server refuse a change until they are acknowledged. */
export function lockOutsIn(warnings: readonly PolicyWarning[]): readonly string[] {
  return warnings.map(({ warning }) => warning).filter((name) => LOCK_OUTS.includes(name));
}
