import type { USER_CHANGES } from '../wire/people.js';

/** What a change means for users, as the heading of their number. */
export const USER_CHANGE_WORDS: Readonly<Record<(typeof USER_CHANGES)[number], string>> = {
  lockedOut: 'Locked out',
  hasToSetUp: 'Has to set up a factor',
  weaker: 'Sign in by less',
  stronger: 'Sign in by more',
};
