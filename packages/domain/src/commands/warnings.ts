import type { LoginPolicy } from '../policy/login-policy.js';

/** What is wrong with a policy that the rules allow all the same, and that somebody should know before it holds. */
export type WarningName = 'no-factor-left' | 'passwordless-without-factor' | 'no-way-to-sign-in';

/** A warning, and the sentence that says it to a person. */
export interface PolicyWarning {
  readonly warning: WarningName;
  readonly message: string;
}

const SENTENCES: Readonly<Record<WarningName, string>> = {
  'no-factor-left':
    'A second factor or a multi-factor is forced, but none would be left on the policy: users could not complete the sign-in.',
  'passwordless-without-factor':
    'Signing in without a password is allowed, but no multi-factor would be left to do it with.',
  'no-way-to-sign-in':
    'Neither a password, nor an identity provider, nor a passkey would be left: nobody could sign in.',
};

/** Warns of what a policy locks out or leaves without effect; nothing for a policy that is not there. */
export function warningsOf(policy: LoginPolicy): readonly PolicyWarning[] {
  if (policy.stage !== 'active') return [];
  const { settings, secondFactors, multiFactors, identityProviders } = policy;
  const isForced = settings.forceMfa || settings.forceMfaLocalOnly;
  const isPasswordless = settings.passwordlessType === 'ALLOWED';
  const hasIdentityProvider = settings.allowExternalIdp && identityProviders.length > 0;
  const found: WarningName[] = [];
  if (isForced && secondFactors.length + multiFactors.length === 0) found.push('no-factor-left');
  if (isPasswordless && multiFactors.length === 0) found.push('passwordless-without-factor');
  if (!settings.allowUsernamePassword && !hasIdentityProvider && !(isPasswordless && multiFactors.length > 0)) {
    found.push('no-way-to-sign-in');
  }
  return found.map((warning) => ({ warning, message: SENTENCES[warning] }));
}
