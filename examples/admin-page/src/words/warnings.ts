import { lockedOutOf } from '../wire/people.js';
import type { PolicyWarning, Preview } from '../wire/preview.js';

/** The user-facing text of a warning; the server's sentence for an unknown one. */
export function warningInWords({ warning, message }: PolicyWarning): string {
  if (warning !== 'weaker-sign-in') return message;
  return 'Users who have nothing else set up will sign in with one factor from now on, such as their password alone: this policy does not require a second one.';
}

const BY_NAME: readonly string[] = ['no-factor-left', 'no-way-to-sign-in', 'census-unknown'];

/**
 * What must be acknowledged, or the server refuses a change: the warnings that lock users out, and of users no more than
 * the preview has shown.
 */
export function lockOutsIn({ introduced, people }: Pick<Preview, 'introduced' | 'people'>): readonly string[] {
  return introduced.flatMap(({ warning }) => {
    if (BY_NAME.includes(warning)) return warning;
    return warning === 'users-locked-out' ? `users-locked-out=${lockedOutOf(people).users}` : [];
  });
}
