/**
 * A client that waits for each answer before its next request, with an instance of its own, so that no request is
 * refused because of another.
 */
export interface Tenant {
  readonly host: string;
  readonly instanceId: string;
  readonly token: string;
}

/** All clients, the same in the server's and the clients' process. */
export const tenants: readonly Tenant[] = Array.from({ length: 64 }, (_, number) => ({
  host: `instance-${number}.example`,
  instanceId: `69629023906488${String(number).padStart(4, '0')}`,
  token: `a-static-token-of-lane-${String(number).padStart(4, '0')}`,
}));

/** The policy over REST. */
export const POLICY_PATH = '/admin/v1/policies/login';
/** Its read over gRPC and what is like it. */
export const READ_PATH = '/zitadel.admin.v1.AdminService/GetLoginPolicy';

/** An empty message in its frame. */
export const EMPTY_FRAME: Buffer = Buffer.alloc(5);

/** A request as autocannon takes it. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const MULTI_FACTOR = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const SECOND_FACTOR = 'SECOND_FACTOR_TYPE_OTP_EMAIL';

/** Five kinds of command, each done and then undone. All are accepted, and each records one event. */
export function commandsOf(tenant: Tenant): readonly LoadRequest[] {
  const request = requestsOf(tenant);
  return [
    request('PUT', '', settings({ forceMfa: true })),
    request('POST', '/second_factors', { type: SECOND_FACTOR }),
    request('DELETE', `/multi_factors/${MULTI_FACTOR}`),
    request('POST', '/idps', { idpId: 'google' }),
    request('PUT', '', settings({ forceMfa: false })),
    request('DELETE', `/second_factors/${SECOND_FACTOR}`),
    request('POST', '/multi_factors', { type: MULTI_FACTOR }),
    request('DELETE', '/idps/google'),
  ];
}

/** The read of the policy over gRPC-Web. */
export function webReadOf(tenant: Tenant): LoadRequest {
  return { ...readOf(tenant, 'application/grpc-web+proto'), body: EMPTY_FRAME };
}

/** The read of the policy over Connect: an empty message is an empty body. */
export function connectReadOf(tenant: Tenant): LoadRequest {
  return readOf(tenant, 'application/proto');
}

function readOf({ host, token }: Tenant, type: string): LoadRequest {
  return { method: 'POST', path: READ_PATH, headers: { host, authorization: `Bearer ${token}`, 'content-type': type } };
}

function requestsOf({
  host,
  token,
}: Tenant): (method: LoadRequest['method'], path: string, body?: object) => LoadRequest {
  const headers = { host, authorization: `Bearer ${token}` };
  return (method, path, body) => {
    if (body === undefined) return { method, path: `${POLICY_PATH}${path}`, headers };
    const sent = { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return { method, path: `${POLICY_PATH}${path}`, ...sent };
  };
}

function settings(changed: { readonly forceMfa: boolean }): object {
  return {
    allowUsernamePassword: true,
    allowRegister: true,
    allowExternalIdp: true,
    allowDomainDiscovery: true,
    passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED',
    passwordCheckLifetime: '864000s',
    externalLoginCheckLifetime: '864000s',
    mfaInitSkipLifetime: '2592000s',
    secondFactorCheckLifetime: '64800s',
    multiFactorCheckLifetime: '43200s',
    ...changed,
  };
}
