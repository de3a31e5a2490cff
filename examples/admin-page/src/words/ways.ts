import type { WAYS } from '../wire/population.js';

/** How users sign in, by display name, the strongest first. */
export const WAY_WORDS: Readonly<Record<(typeof WAYS)[number], string>> = {
  passkey: 'By passkey',
  'two-factors': 'By two factors',
  'one-factor': 'By one factor only',
  'set-up': 'Have to set up a factor first',
  'locked-out': 'Locked out',
};
