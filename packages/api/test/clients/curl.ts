import { execFile } from 'node:child_process';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { headersOf, type Call, type Client, type Outcome } from './client.js';

/** Where each method is, written down by hand from the published pages: the descriptors are what is tested. */
const ROUTES: Readonly<Record<string, string>> = {
  'admin Healthz': 'GET /admin/v1/healthz',
  'admin GetLoginPolicy': 'GET /admin/v1/policies/login',
  'admin UpdateLoginPolicy': 'PUT /admin/v1/policies/login',
  'admin ListLoginPolicyIDPs': 'POST /admin/v1/policies/login/idps/_search',
  'admin AddIDPToLoginPolicy': 'POST /admin/v1/policies/login/idps',
  'admin RemoveIDPFromLoginPolicy': 'DELETE /admin/v1/policies/login/idps/{idpId}',
  'admin ListLoginPolicySecondFactors': 'POST /admin/v1/policies/login/second_factors/_search',
  'admin AddSecondFactorToLoginPolicy': 'POST /admin/v1/policies/login/second_factors',
  'admin RemoveSecondFactorFromLoginPolicy': 'DELETE /admin/v1/policies/login/second_factors/{type}',
  'admin ListLoginPolicyMultiFactors': 'POST /admin/v1/policies/login/multi_factors/_search',
  'admin AddMultiFactorToLoginPolicy': 'POST /admin/v1/policies/login/multi_factors',
  'admin RemoveMultiFactorFromLoginPolicy': 'DELETE /admin/v1/policies/login/multi_factors/{type}',
  'management Healthz': 'GET /management/v1/healthz',
  'management GetLoginPolicy': 'GET /management/v1/policies/login',
  'management GetDefaultLoginPolicy': 'GET /management/v1/policies/default/login',
  'management AddCustomLoginPolicy': 'POST /management/v1/policies/login',
  'management UpdateCustomLoginPolicy': 'PUT /management/v1/policies/login',
  'management ResetLoginPolicyToDefault': 'DELETE /management/v1/policies/login',
  'management ListLoginPolicyIDPs': 'POST /management/v1/policies/login/idps/_search',
  'management AddIDPToLoginPolicy': 'POST /management/v1/policies/login/idps',
  'management RemoveIDPFromLoginPolicy': 'DELETE /management/v1/policies/login/idps/{idpId}',
  'management ListLoginPolicySecondFactors': 'POST /management/v1/policies/login/second_factors/_search',
  'management AddSecondFactorToLoginPolicy': 'POST /management/v1/policies/login/second_factors',
  'management RemoveSecondFactorFromLoginPolicy': 'DELETE /management/v1/policies/login/second_factors/{type}',
  'management ListLoginPolicyMultiFactors': 'POST /management/v1/policies/login/auth_factors/_search',
  'management AddMultiFactorToLoginPolicy': 'POST /management/v1/policies/login/multi_factors',
  'management RemoveMultiFactorFromLoginPolicy': 'DELETE /management/v1/policies/login/multi_factors/{type}',
  'admin ListEvents': 'POST /admin/v1/events/_search',
  'admin ListEventTypes': 'POST /admin/v1/events/types/_search',
  'admin ListAggregateTypes': 'POST /admin/v1/aggregates/types/_search',
  'settings GetLoginSettings': 'GET /v2/settings/login',
  'settings GetActiveIdentityProviders': 'GET /v2/settings/login/idps',
  'settings GetGeneralSettings': 'GET /v2/settings',
  'settings GetBrandingSettings': 'GET /v2/settings/branding',
  'settings SetSecuritySettings': 'PUT /v2/policies/security',
};

/** REST by curl, over HTTP/1.1 or over HTTP/2 without asking. */
export function curlClient(url: string, http: 'http1.1' | 'http2-prior-knowledge' = 'http1.1'): Client {
  return {
    name: `curl --${http}`,
    services: ['admin', 'management', 'settings'],
    call: async (call) => outcomeOf(await curl([`--${http}`, ...argumentsOf(url, call)])),
  };
}

/** Where a call goes: verb and path. */
export function placeOf({ service, method, request = {} }: Call): { readonly verb: string; readonly path: string } {
  const [verb = '', template = ''] = (ROUTES[`${service} ${method}`] ?? '').split(' ');
  const path = template.replace(/\{(\w+)\}/, (_, name: string) => encodeURIComponent(plain(request[name])));
  return { verb, path: verb === 'GET' ? path + queryOf(request) : path };
}

function queryOf(request: JsonObject): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(request)) {
    if (typeof value !== 'object' || value === null) parameters.set(name, plain(value));
    else for (const [inner, one] of Object.entries(value)) parameters.set(`${name}.${inner}`, plain(one));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function argumentsOf(url: string, call: Call): readonly string[] {
  const { verb, path } = placeOf(call);
  const headers = Object.entries(headersOf(call)).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const hasBody = verb === 'POST' || verb === 'PUT';
  return ['-X', verb, ...headers, ...(hasBody ? ['--json', JSON.stringify(call.request ?? {})] : []), `${url}${path}`];
}

/** Runs curl. @throws Error that says so when there is no curl: the promise is to clients nobody here wrote. */
export function curl(given: readonly string[]): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    execFile('curl', ['-sS', '--max-time', '15', '-w', '\n%{http_code}', ...given], (error, stdout) => {
      if (error?.code === 'ENOENT') reject(new Error('These tests need curl on the PATH: install it.'));
      else if (error !== null) reject(new Error(error.message, { cause: error }));
      else resolve({ status: Number(stdout.slice(-3)), body: stdout.slice(0, -4) });
    });
  });
}

function outcomeOf({ status, body }: { readonly status: number; readonly body: string }): Outcome {
  const json: JsonValue = JSON.parse(body);
  if (status === 200) return { ok: true, json };
  return errorOf(json);
}

function errorOf(json: JsonValue): Outcome {
  const { code, details, message } = membersOf(json);
  const [detail] = Array.isArray(details) ? details : [];
  const { id } = membersOf(detail);
  return { ok: false, code: Number(code), message: plain(message), id: id === undefined ? 'no detail' : plain(id) };
}

function membersOf(json: JsonValue | undefined): JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
}

/** A value that is neither a list nor an object, as text. */
function plain(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}
