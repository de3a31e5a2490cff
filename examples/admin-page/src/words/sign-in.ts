import type { Factor } from '../wire/factors.js';
import type { Policy } from '../wire/policy.js';
import type { LifetimeName } from '../wire/settings.js';
import { isZero, lifetimeInWords } from './duration.js';
import { providerName } from '../state/identity-providers.js';

const either = new Intl.ListFormat('en-GB', { type: 'disjunction' });
const all = new Intl.ListFormat('en-GB', { type: 'conjunction' });

/** How people sign in by a policy: the first step, the second, and how long each holds. */
export function signInWords(policy: Policy): readonly string[] {
  const ways = firstSteps(policy);
  if (ways.length === 0) return ['Nobody signs in: no first step is allowed.'];
  return [`People sign in with ${either.format(ways)}.`, ...secondStep(policy), howLong(policy)];
}

function firstSteps(policy: Policy): readonly string[] {
  const { settings, identityProviders } = policy;
  return [
    ...(settings.allowUsernamePassword ? ['a password'] : []),
    ...(hasPasskeys(policy) ? ['a passkey'] : []),
    ...(settings.allowExternalIdp ? identityProviders.map(providerName) : []),
  ];
}

/** A passkey takes both: the factor, and that it may stand in place of a password. */
function hasPasskeys({ settings, multiFactors }: Policy): boolean {
  return settings.isPasswordlessAllowed && multiFactors.length > 0;
}

function secondStep(policy: Policy): readonly string[] {
  const { settings, secondFactors, identityProviders } = policy;
  const isByProvider = settings.allowExternalIdp && identityProviders.length > 0;
  const passkey = hasPasskeys(policy) ? ['A passkey counts as both steps.'] : [];
  // Only a passkey: there is no other first step to follow.
  if (!settings.allowUsernamePassword && !isByProvider) return passkey;
  const named = either.format(secondFactors.map(withArticle));
  const asked = secondFactors.length === 0 ? [] : [`Who has set up ${named} is asked for it, too.`];
  return [...passkey, ...asked, requirement(policy, isByProvider)];
}

function requirement({ settings, secondFactors }: Policy, isByProvider: boolean): string {
  const { forceMfa, forceMfaLocalOnly, allowUsernamePassword } = settings;
  const canSetUp = secondFactors.some(({ name }) => name !== 'RECOVERY_CODES');
  const others = canSetUp ? 'sets one up first' : 'does not get in: there is none to set up';
  if (forceMfa) return `A second factor is required. Who has none ${others}.`;
  if (forceMfaLocalOnly && allowUsernamePassword) {
    const exempt = isByProvider ? ' Through an identity provider, one step is enough.' : '';
    return `After a password, a second factor is required. Who has none ${others}.${exempt}`;
  }
  const alone = [...(allowUsernamePassword ? ['a password'] : []), ...(isByProvider ? ['an identity provider'] : [])];
  const rest = secondFactors.length === 0 ? 'No second step follows' : 'For everybody else, no second step follows';
  return `${rest}: ${either.format(alone)} alone is enough.`;
}

/** `An authenticator app` of `Authenticator app (TOTP)`. */
function withArticle({ label }: Factor): string {
  const name = label.replace(/ \(.*\)$/, '').toLowerCase();
  if (name.endsWith('s')) return name;
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

const CHECKS: readonly (readonly [LifetimeName, string, (policy: Policy) => boolean])[] = [
  ['passwordCheck', 'the password', ({ settings }) => settings.allowUsernamePassword],
  ['multiFactorCheck', 'the passkey', hasPasskeys],
  [
    'externalLoginCheck',
    'the identity provider',
    ({ settings, identityProviders }) => settings.allowExternalIdp && identityProviders.length > 0,
  ],
  ['secondFactorCheck', 'the second factor', ({ secondFactors }) => secondFactors.length > 0],
];

/** `It asks again for the password after 10 days, and for the second factor every time.` */
function howLong(policy: Policy): string {
  const parts = CHECKS.filter(([, , isUsed]) => isUsed(policy)).map(([name, what]) => {
    const lifetime = policy.settings[name];
    return `for ${what} ${isZero(lifetime) ? 'every time' : `after ${lifetimeInWords(lifetime, name)}`}`;
  });
  return `They are asked again ${all.format(parts)}.`;
}
