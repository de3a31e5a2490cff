import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { holdsGrant } from '@login-policy/api';
import type { CommandInput, Details, LoginSettingsInput, MultiFactor, SecondFactor } from '@login-policy/domain';
import type { LifetimeName } from '@login-policy/domain/model';
import { positionToString } from '@login-policy/event-sourcing';
import { Duration } from 'luxon';
import { POLICY_PATH } from './requests.js';
import { authenticate, listening, openPolicies, type OpenPolicies, type OpenServer } from './servers.js';

const SECOND_FACTORS: ReadonlyMap<string, SecondFactor> = new Map([['SECOND_FACTOR_TYPE_OTP_EMAIL', 'OTP_EMAIL']]);
const MULTI_FACTORS: ReadonlyMap<string, MultiFactor> = new Map([
  ['MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION', 'U2F_WITH_VERIFICATION'],
]);

type Body = Readonly<Record<string, unknown>>;

/**
 * What a careful engineer writes on node:http with our library: the token, the permission, the route, the body, the
 * command, and an answer with the same headers.
 */
export async function openRestByHand(): Promise<OpenServer> {
  const open = await openPolicies();
  const server = createServer((request, response) => {
    answer(open, request, response).catch((caught: unknown) => response.destroy(new Error(String(caught))));
  });
  return listening(server, open);
}

async function answer(open: OpenPolicies, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { headers, method, url = '' } = request;
  const caller = authenticate({ get: (name) => String(headers[name]) });
  if (caller === undefined) return refuse(response, 401, 'a token is needed');
  if (!holdsGrant(caller, 'iam.policy.write', caller)) return refuse(response, 403, 'not allowed');
  const command = commandOf(
    `${method} ${url.slice(POLICY_PATH.length)}`,
    method === 'DELETE' ? {} : await bodyOf(request),
  );
  if (command === undefined) return refuse(response, 400, 'no such command');
  const { 'x-request-id': given } = headers;
  const correlationId = typeof given === 'string' ? given : randomUUID();
  const options = { actor: caller.id, correlationId };
  const answered = await open.policies.execute({ instanceId: caller.instanceId }, command, options);
  if (answered.outcome === 'rejected') return refuse(response, 412, answered.message);
  const body = JSON.stringify({ details: detailsOf(answered.details) });
  response.writeHead(200, {
    'x-request-id': correlationId,
    etag: `"${answered.details.sequence}.${answered.eventId}.1"`,
    'login-policy-position': positionToString(answered.position),
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const body: unknown = JSON.parse(await text(request));
  return isBody(body) ? body : {};
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null;
}

function detailsOf({ changeDate, creationDate, resourceOwner, sequence }: Details): object {
  return {
    sequence: String(sequence),
    creationDate: creationDate.toISO(),
    changeDate: changeDate.toISO(),
    resourceOwner,
  };
}

function commandOf(route: string, body: Body): CommandInput | undefined {
  const last = route.slice(route.lastIndexOf('/') + 1);
  const isRemoval = route.startsWith('DELETE');
  if (route === 'PUT ') return { type: 'change', settings: settingsOf(body) };
  if (route.includes('/second_factors')) {
    const factor = SECOND_FACTORS.get(isRemoval ? last : String(body['type']));
    return factor && { type: isRemoval ? 'removeSecondFactor' : 'addSecondFactor', factor };
  }
  if (route.includes('/multi_factors')) {
    const factor = MULTI_FACTORS.get(isRemoval ? last : String(body['type']));
    return factor && { type: isRemoval ? 'removeMultiFactor' : 'addMultiFactor', factor };
  }
  if (!route.includes('/idps')) return undefined;
  if (isRemoval) return { type: 'removeIdentityProvider', id: decodeURIComponent(last) };
  return { type: 'addIdentityProvider', identityProvider: { id: String(body['idpId']), ownerType: 'SYSTEM' } };
}

function settingsOf(body: Body): LoginSettingsInput {
  const is = (name: string): boolean => body[name] === true;
  const lifetime = (name: LifetimeName): Duration =>
    Duration.fromObject({ seconds: Number.parseFloat(String(body[`${name}Lifetime`])) });
  return {
    allowUsernamePassword: is('allowUsernamePassword'),
    allowRegister: is('allowRegister'),
    allowExternalIdp: is('allowExternalIdp'),
    forceMfa: is('forceMfa'),
    forceMfaLocalOnly: is('forceMfaLocalOnly'),
    passwordlessType: body['passwordlessType'] === 'PASSWORDLESS_TYPE_ALLOWED' ? 'ALLOWED' : 'NOT_ALLOWED',
    hidePasswordReset: is('hidePasswordReset'),
    ignoreUnknownUsernames: is('ignoreUnknownUsernames'),
    allowDomainDiscovery: is('allowDomainDiscovery'),
    disableLoginWithEmail: is('disableLoginWithEmail'),
    disableLoginWithPhone: is('disableLoginWithPhone'),
    defaultRedirectUri: typeof body['defaultRedirectUri'] === 'string' ? body['defaultRedirectUri'] : '',
    lifetimes: {
      passwordCheck: lifetime('passwordCheck'),
      externalLoginCheck: lifetime('externalLoginCheck'),
      mfaInitSkip: lifetime('mfaInitSkip'),
      secondFactorCheck: lifetime('secondFactorCheck'),
      multiFactorCheck: lifetime('multiFactorCheck'),
    },
  };
}
