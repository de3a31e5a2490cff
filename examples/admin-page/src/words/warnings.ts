import type { PolicyWarning } from '../wire/preview.js';

/** What a warning of a change means for people, in their words; the server's sentence for one this page does not know. */
export function warningInWords({ warning, message }: PolicyWarning): string {
  if (warning !== 'weaker-sign-in') return message;
  return 'Users who have nothing else set up will sign in with one factor from now on, such as their password alone: this policy does not require a second one.';
}

const LOCK_OUTS: readonly string[] = ['no-factor-left', 'no-way-to-sign-in'];

/** The names of those warnings for which the server refuses a change, unless they are acknowledged. */
export function lockOutsIn(warnings: readonly PolicyWarning[]): readonly string[] {
  return warnings.map(({ warning }) => warning).filter((name) => LOCK_OUTS.includes(name));
}
