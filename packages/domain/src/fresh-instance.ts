import type { NewLoginPolicy } from './command-input.js';
import { defaultSettings } from './settings.js';

/** The policy of a fresh instance: the default settings, TOTP and U2F as second factors, passkeys (docs/reference/login-policies.md#settings). */
export const freshInstance: NewLoginPolicy = Object.freeze({
  settings: defaultSettings,
  secondFactors: Object.freeze(['TOTP', 'U2F'] as const),
  multiFactors: Object.freeze(['U2F_WITH_VERIFICATION'] as const),
});
