import { isLifetime, type LifetimeName, type SwitchName } from '../wire/settings.js';

/** The display name of a setting, and an explanation. */
export interface SettingWords {
  readonly label: string;
  readonly explanation: string;
}

/** All switches: those of `SwitchName`, and passwordless sign-in, which has a type on the wire. */
export type AnySwitch = SwitchName | 'isPasswordlessAllowed';

/** The display names of the switches. */
export const SWITCH_WORDS: Readonly<Record<AnySwitch, SettingWords>> = {
  allowUsernamePassword: {
    label: 'Username and password',
    explanation: 'Users may sign in with a username and a password.',
  },
  isPasswordlessAllowed: {
    label: 'Passwordless sign-in',
    explanation: 'A passkey may stand in place of a password.',
  },
  allowExternalIdp: {
    label: 'External identity providers',
    explanation: 'Users may sign in through an identity provider that is linked to the policy.',
  },
  allowRegister: { label: 'Self-registration', explanation: 'Users may create their own account.' },
  disableLoginWithEmail: {
    label: 'Refuse email addresses at sign-in',
    explanation: 'An email address is not accepted in place of a username.',
  },
  disableLoginWithPhone: {
    label: 'Refuse phone numbers at sign-in',
    explanation: 'A phone number is not accepted in place of a username.',
  },
  forceMfa: { label: 'Require a second factor', explanation: 'Nobody gets in with a password alone.' },
  forceMfaLocalOnly: {
    label: 'Only for password sign-ins',
    explanation: 'Required after a password, not after an identity provider.',
  },
  hidePasswordReset: {
    label: 'Hide the password reset',
    explanation: 'The sign-in page offers no link to reset a password.',
  },
  ignoreUnknownUsernames: {
    label: 'Don’t reveal whether a username exists',
    explanation: 'A password is asked for even when no such user exists.',
  },
  allowDomainDiscovery: {
    label: 'Domain discovery',
    explanation: 'The organization is found by the domain of a username.',
  },
};

/** The display names of the lifetimes. */
export const LIFETIME_WORDS: Readonly<Record<LifetimeName, SettingWords>> = {
  passwordCheck: { label: 'Password check', explanation: 'Afterwards the password is asked for again.' },
  externalLoginCheck: {
    label: 'External sign-in check',
    explanation: 'Afterwards the identity provider is asked again.',
  },
  mfaInitSkip: {
    label: 'Skip factor setup for',
    explanation: 'So long after skipping it, a user is asked again. 0: users are never asked.',
  },
  secondFactorCheck: { label: 'Second factor check', explanation: 'Afterwards a second factor is asked for again.' },
  multiFactorCheck: { label: 'Passkey check', explanation: 'Afterwards the passkey is asked for again.' },
};

/** The display name of the redirect URI. */
export const REDIRECT_WORDS: SettingWords = {
  label: 'Default redirect URI',
  explanation: 'Where users go who came without a place to return to. Empty for nowhere.',
};

/** The name of a setting on the wire. */
export function wireNameOf(name: AnySwitch | LifetimeName | 'defaultRedirectUri'): string {
  if (name === 'isPasswordlessAllowed') return 'passwordlessType';
  return isLifetime(name) ? `${name}Lifetime` : name;
}

/** The display name of a setting in a history, such as `lifetimes.passwordCheck`; the path itself if it is unknown. */
export function settingLabel(path: string): string {
  const name = path.replace(/^lifetimes\./, '');
  if (name === 'passwordlessType') return SWITCH_WORDS.isPasswordlessAllowed.label;
  if (name === 'defaultRedirectUri') return REDIRECT_WORDS.label;
  if (isLifetime(name)) return LIFETIME_WORDS[name].label;
  return isSwitch(name) ? SWITCH_WORDS[name].label : path;
}

function isSwitch(name: string): name is AnySwitch {
  return Object.hasOwn(SWITCH_WORDS, name);
}
