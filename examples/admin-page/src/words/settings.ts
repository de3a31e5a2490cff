import { isLifetime, type LifetimeName, type SwitchName } from '../wire/settings.js';

/** What a person calls a setting, and what it means. */
export interface SettingWords {
  readonly label: string;
  readonly explanation: string;
}

/** The switch beside those of `SwitchName`: passwordless sign-in, which the wire says with a type. */
export type AnySwitch = SwitchName | 'isPasswordlessAllowed';

/** What the switches are called. */
export const SWITCH_WORDS: Readonly<Record<AnySwitch, SettingWords>> = {
  allowUsernamePassword: {
    label: 'Username and password',
    explanation: 'Users may sign in with a username and a password.',
  },
  isPasswordlessAllowed: {
    label: 'Passwordless sign-in',
    explanation: 'Users may sign in with a multi-factor alone, without a password.',
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

/** What the lifetimes are called. */
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
  multiFactorCheck: { label: 'Multi-factor check', explanation: 'Afterwards the multi-factor is asked for again.' },
};

/** What the redirect URI is called. */
export const REDIRECT_WORDS: SettingWords = {
  label: 'Default redirect URI',
  explanation: 'Where users go who came without a place to return to. Empty for nowhere.',
};

/** What the wire calls a setting of this page. */
export function wireNameOf(name: AnySwitch | LifetimeName | 'defaultRedirectUri'): string {
  if (name === 'isPasswordlessAllowed') return 'passwordlessType';
  return isLifetime(name) ? `${name}Lifetime` : name;
}

/** What a person calls the setting at a path of a history, such as `lifetimes.passwordCheck`; the path, when unknown. */
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
