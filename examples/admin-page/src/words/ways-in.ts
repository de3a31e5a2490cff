import type { Organization } from '../wire/organizations.js';

/** The weakest ways in that a policy can leave open, and their display names, the weakest first. */
export const WAYS_IN: readonly (readonly [string, string])[] = [
  ['password', 'A password alone'],
  ['identity-provider', 'An identity provider alone'],
  ['two-factors', 'Two factors'],
  ['passkey', 'A passkey'],
  ['none', 'None'],
];

/** The display name of an organization's weakest way in. */
export function weakestInWords({ isReadable, weakest = 'none' }: Pick<Organization, 'isReadable' | 'weakest'>): string {
  return isReadable ? (WAYS_IN.find(([name]) => name === weakest)?.[1] ?? weakest) : '–';
}

/** Whom an organization's policy locks out. */
export function lockedOutInWords({ isReadable, warnings }: Pick<Organization, 'isReadable' | 'warnings'>): string {
  if (!isReadable) return 'Can’t be read';
  if (warnings.length === 0) return 'No';
  return warnings.some(({ warning }) => warning === 'no-way-to-sign-in') ? 'Everybody' : 'Users without a factor';
}
