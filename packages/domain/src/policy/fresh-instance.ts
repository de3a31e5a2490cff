import type { NewLoginPolicy } from './new-login-policy.js';

/**
 * The default policy of a new instance: default settings, TOTP and U2F as second factors, passkeys
 * (docs/reference/login-policies.md#settings).
 */
export const freshInstance: NewLoginPolicy = Object.freeze({
  secondFactors: Object.freeze(['TOTP', 'U2F'] as const),
  multiFactors: Object.freeze(['U2F_WITH_VERIFICATION'] as const),
});
