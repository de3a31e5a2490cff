/** The methods of the settings service that are not about the login policy, by their REST routes. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['GET /v2/settings', 'GetGeneralSettings'],
  ['GET /v2/settings/password/complexity', 'GetPasswordComplexitySettings'],
  ['GET /v2/settings/password/expiry', 'GetPasswordExpirySettings'],
  ['GET /v2/settings/branding', 'GetBrandingSettings'],
  ['GET /v2/settings/domain', 'GetDomainSettings'],
  ['GET /v2/settings/legal_support', 'GetLegalAndSupportSettings'],
  ['GET /v2/settings/lockout', 'GetLockoutSettings'],
  ['GET /v2/settings/security', 'GetSecuritySettings'],
  ['PUT /v2/policies/security', 'SetSecuritySettings'],
  ['GET /v2/settings/hosted_login_translation', 'GetHostedLoginTranslation'],
  ['PUT /v2/settings/hosted_login_translation', 'SetHostedLoginTranslation'],
]);

/** The method of the settings service at a REST route that others answer; `undefined` for any other route. */
export function methodElsewhere(verb: string, path: string): string | undefined {
  return ELSEWHERE.get(`${verb === 'HEAD' ? 'GET' : verb} ${path}`);
}
