import type { JsonObject } from '@bufbuild/protobuf';
import type { Call, Outcome, ServiceName } from './clients/client.js';
import { ACME, NOBODY, OWNER_OF_ACME, READER, ROOT } from './service.js';

/** What a step of a life has to come to: 0 for success, else the status code. */
export interface Step extends Call {
  readonly code: number;
}

function step(service: ServiceName, method: string, [code, request]: readonly [number, JsonObject?]): Step {
  const organization = service === 'admin' ? {} : { organization: ACME };
  return { service, method, code, token: ROOT, ...organization, ...(request !== undefined && { request }) };
}

function factors(service: 'admin' | 'management'): readonly Step[] {
  return [
    step(service, 'AddSecondFactorToLoginPolicy', [0, { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' }]),
    step(service, 'AddSecondFactorToLoginPolicy', [6, { type: 3 }]),
    step(service, 'AddSecondFactorToLoginPolicy', [0, { type: 5 }]),
    step(service, 'AddSecondFactorToLoginPolicy', [3, { type: 77 }]),
    step(service, 'AddSecondFactorToLoginPolicy', [3, {}]),
    step(service, 'ListLoginPolicySecondFactors', [0]),
    step(service, 'RemoveSecondFactorFromLoginPolicy', [0, { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' }]),
    step(service, 'RemoveSecondFactorFromLoginPolicy', [9, { type: 3 }]),
    step(service, 'RemoveSecondFactorFromLoginPolicy', [0, { type: 5 }]),
    step(service, 'RemoveSecondFactorFromLoginPolicy', [3, { type: 77 }]),
    step(service, 'RemoveSecondFactorFromLoginPolicy', [3, { type: 0 }]),
    step(service, 'ListLoginPolicyMultiFactors', [0]),
    step(service, 'RemoveMultiFactorFromLoginPolicy', [0, { type: 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION' }]),
    step(service, 'RemoveMultiFactorFromLoginPolicy', [9, { type: 1 }]),
    step(service, 'RemoveMultiFactorFromLoginPolicy', [3, { type: 'MULTI_FACTOR_TYPE_UNSPECIFIED' }]),
    step(service, 'GetLoginPolicy', [0]),
    step(service, 'AddMultiFactorToLoginPolicy', [0, { type: 1 }]),
    step(service, 'AddMultiFactorToLoginPolicy', [6, { type: 1 }]),
    step(service, 'AddMultiFactorToLoginPolicy', [3, { type: 2 }]),
  ];
}

function identityProviders(service: 'admin' | 'management'): readonly Step[] {
  const ownerType = service === 'admin' ? {} : { ownerType: 'IDP_OWNER_TYPE_ORG' };
  return [
    step(service, 'AddIDPToLoginPolicy', [0, { idpId: 'über / idp?', ...ownerType }]),
    step(service, 'AddIDPToLoginPolicy', [6, { idpId: 'über / idp?', ...ownerType }]),
    step(service, 'AddIDPToLoginPolicy', [0, { idpId: 'second', ...ownerType }]),
    step(service, 'AddIDPToLoginPolicy', [3, { idpId: '', ...ownerType }]),
    step(service, 'AddIDPToLoginPolicy', [3, { idpId: 'x'.repeat(201), ...ownerType }]),
    step(service, 'ListLoginPolicyIDPs', [0, { query: { offset: '1', limit: 1 } }]),
    step(service, 'ListLoginPolicyIDPs', [0, { query: { offset: '1', limit: 1, asc: true } }]),
    step(service, 'ListLoginPolicyIDPs', [0, { query: {} }]),
    step(service, 'ListLoginPolicyIDPs', [0]),
    step(service, 'RemoveIDPFromLoginPolicy', [0, { idpId: 'über / idp?' }]),
    step(service, 'RemoveIDPFromLoginPolicy', [9, { idpId: 'über / idp?' }]),
    step(service, 'RemoveIDPFromLoginPolicy', [0, { idpId: 'second' }]),
  ];
}

const SETTINGS: JsonObject = {
  allowUsernamePassword: true,
  forceMfa: true,
  passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED',
  defaultRedirectUri: 'https://example.org/ü',
  passwordCheckLifetime: '864000s',
  secondFactorCheckLifetime: '0.250s',
};

function settings(service: 'admin' | 'management', method: string): readonly Step[] {
  return [
    step(service, method, [0, SETTINGS]),
    step(service, 'GetLoginPolicy', [0]),
    step(service, method, [0, SETTINGS]),
    step(service, method, [3, { ...SETTINGS, mfaInitSkipLifetime: '-1s' }]),
    step(service, method, [3, { ...SETTINGS, defaultRedirectUri: 'javascript:alert(1)' }]),
    step(service, method, [3, { passwordlessType: 9 }]),
    step(service, method, [0, {}]),
    step(service, 'GetLoginPolicy', [0]),
  ];
}

/** The whole life of an instance's policy. */
export const INSTANCE_LIFE: readonly Step[] = [
  { ...step('admin', 'Healthz', [0]), token: '' },
  step('admin', 'GetLoginPolicy', [0]),
  ...factors('admin'),
  ...identityProviders('admin'),
  ...settings('admin', 'UpdateLoginPolicy'),
  { ...step('admin', 'GetLoginPolicy', [16]), token: '' },
  { ...step('admin', 'GetLoginPolicy', [16]), token: 'a-token-nobody-has' },
  { ...step('admin', 'GetLoginPolicy', [7]), token: OWNER_OF_ACME },
  { ...step('admin', 'GetLoginPolicy', [0]), token: READER },
  { ...step('admin', 'RemoveMultiFactorFromLoginPolicy', [7, { type: 1 }]), token: READER },
];

/** The whole life of an organization's policy. */
export const ORGANIZATION_LIFE: readonly Step[] = [
  step('management', 'GetLoginPolicy', [0]),
  step('management', 'GetDefaultLoginPolicy', [0]),
  step('management', 'RemoveMultiFactorFromLoginPolicy', [5, { type: 1 }]),
  step('management', 'UpdateCustomLoginPolicy', [5, SETTINGS]),
  step('management', 'ResetLoginPolicyToDefault', [5]),
  step('management', 'AddCustomLoginPolicy', [3, { ...SETTINGS, secondFactors: [0] }]),
  step('management', 'AddCustomLoginPolicy', [3, { ...SETTINGS, idps: [{ idpId: 'x' }] }]),
  step('management', 'AddCustomLoginPolicy', [
    0,
    { ...SETTINGS, secondFactors: [1, 1, 2], multiFactors: [1], idps: [{ idpId: 'first', ownerType: 1 }] },
  ]),
  step('management', 'AddCustomLoginPolicy', [6, SETTINGS]),
  step('management', 'GetLoginPolicy', [0]),
  ...factors('management'),
  ...identityProviders('management'),
  ...settings('management', 'UpdateCustomLoginPolicy'),
  { ...step('management', 'GetLoginPolicy', [0]), token: OWNER_OF_ACME },
  { ...step('management', 'GetLoginPolicy', [7]), organization: 'nowhere' },
  { ...step('management', 'GetLoginPolicy', [7]), token: NOBODY },
  { ...step('management', 'ResetLoginPolicyToDefault', [7]), token: READER },
  step('management', 'ResetLoginPolicyToDefault', [0]),
  step('management', 'GetLoginPolicy', [0]),
  step('management', 'AddCustomLoginPolicy', [0, {}]),
  step('management', 'GetLoginPolicy', [0]),
];

/** What v2 says of both. */
export const SETTINGS_LIFE: readonly Step[] = [
  step('settings', 'GetLoginSettings', [0]),
  step('settings', 'GetLoginSettings', [0, { ctx: { instance: true } }]),
  step('settings', 'GetLoginSettings', [0, { ctx: { orgId: ACME } }]),
  step('settings', 'GetLoginSettings', [3, { ctx: { instance: false } }]),
  step('settings', 'GetLoginSettings', [7, { ctx: { orgId: 'nowhere' } }]),
];

/** The code an outcome has. */
export function codeOf(outcome: Outcome): number {
  return outcome.ok ? 0 : outcome.code;
}
