import { defaultSettings, evaluateSignIn } from '@login-policy/domain';
import { parseIdentityProviderId, type LoginSettings, type SignInRules } from '@login-policy/domain/model';
import { signInSpecification } from '@login-policy/testkit';

export const signIn = signInSpecification(evaluateSignIn);
export const PASSKEY = 'U2F_WITH_VERIFICATION';
export const DAY = '2026-01-01T';
export const NOON = `${DAY}12:00:00Z`;
export const user = { hasPassword: true, factors: [], identityProviders: [] } as const;
export const withTotp = { ...user, factors: ['TOTP'] } as const;
export const withPasskey = { ...user, factors: [PASSKEY] } as const;
export const withGoogle = { ...user, identityProviders: ['google'] };
export const password = { password: `${DAY}11:00:00Z` };
export const external = { externalLogin: { identityProvider: 'google', at: `${DAY}11:00:00Z` } };
export const authenticate = { outcome: 'authenticate' } as const;
export const proceed = { outcome: 'proceed' } as const;
export const setUp = { outcome: 'set-up' } as const;

export const byPassword = { method: 'password' } as const;
export const byPasskey = { method: 'passkey' } as const;
export const byGoogle = { method: 'external-login', identityProvider: 'google' } as const;
export const second = (factor: SignInRules['secondFactors'][number]) => ({ method: 'second-factor', factor }) as const;

type Change = Partial<Omit<LoginSettings, 'lifetimes'>>;

export function policy(settings: Change = {}, others: Partial<Omit<SignInRules, 'settings'>> = {}): SignInRules {
  return {
    settings: { ...defaultSettings, ...settings },
    secondFactors: ['TOTP', 'U2F'],
    multiFactors: [PASSKEY],
    identityProviders: [{ id: parseIdentityProviderId('google', 'id'), ownerType: 'SYSTEM' }],
    ...others,
  };
}

export const lasting = (passwordCheck: string): SignInRules => {
  const rules = policy();
  const lifetimes = { ...defaultSettings.lifetimes, passwordCheck };
  return { ...rules, settings: { ...defaultSettings, lifetimes } };
};
