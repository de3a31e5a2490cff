import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { holdsGrant } from '@login-policy/api';
import { MULTI_FACTORS, orThrow, SECOND_FACTORS, type LoginPolicyView } from '@login-policy/domain';
import { GetLoginPolicyResponseSchema } from '@zitadel/proto/zitadel/admin_pb.js';
import { PasswordlessType } from '@zitadel/proto/zitadel/policy_pb.js';
import { READ_PATH } from './requests.js';
import { authenticate, listening, openPolicies, type OpenPolicies, type OpenServer } from './servers.js';

interface PolicyAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly message: Uint8Array;
}

/**
 * The read of the policy over gRPC by a careful engineer: node:http2 by streams, the token, the permission, the
 * message.
 */
export async function openGrpcByHand(): Promise<OpenServer> {
  const open = await openPolicies();
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    const respond = async (): Promise<void> => {
      const [{ headers: answered, message }] = await Promise.all([read(open, headers), buffer(stream)]);
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }));
      stream.respond({ ':status': 200, ...answered, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.end(framed(0, message));
    };
    respond().catch((caught: unknown) => stream.destroy(new Error(String(caught))));
  });
  return listening(server, open);
}

/** The same over gRPC-Web on node:http. */
export async function openGrpcWebByHand(): Promise<OpenServer> {
  const trailers = framed(0x80, Buffer.from('grpc-status: 0\r\ngrpc-message: \r\n'));
  return openHttp1ByHand('application/grpc-web+proto', (message) => Buffer.concat([framed(0, message), trailers]));
}

/** The same over Connect on node:http. */
export async function openConnectByHand(): Promise<OpenServer> {
  return openHttp1ByHand('application/proto', (message) => message);
}

async function openHttp1ByHand(type: string, bodyOf: (message: Uint8Array) => Uint8Array): Promise<OpenServer> {
  const open = await openPolicies();
  const server = createServer((request, response) => {
    const respond = async (): Promise<void> => {
      const whole = { ':path': request.url, ...request.headers };
      const [{ headers: answered, message }] = await Promise.all([read(open, whole), buffer(request)]);
      const body = bodyOf(message);
      response.writeHead(200, { ...answered, 'content-type': type, 'content-length': body.length });
      response.end(body);
    };
    respond().catch((caught: unknown) => response.destroy(new Error(String(caught))));
  });
  return listening(server, open);
}

async function read(
  { policies }: OpenPolicies,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Promise<PolicyAnswer> {
  if (headers[':path'] !== READ_PATH) throw new Error('there is no such method');
  const caller = authenticate({ get: (name) => String(headers[name]) });
  if (caller === undefined || !holdsGrant(caller, 'iam.policy.read', caller)) throw new Error('not allowed');
  const { policy } = orThrow(await policies.policy({ instanceId: caller.instanceId }));
  const message = toBinary(GetLoginPolicyResponseSchema, create(GetLoginPolicyResponseSchema, policyAnswer(policy)));
  const requestId = String(headers['x-request-id'] ?? randomUUID());
  return { headers: { 'x-request-id': requestId, etag: `"${policy.details.sequence}"` }, message };
}

function framed(flag: number, message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A policy as an answer carries it: written once by hand, for the server by hand and for connect-es. */
export function policyAnswer(view: LoginPolicyView): MessageInitShape<typeof GetLoginPolicyResponseSchema> {
  const { details, settings } = view;
  const { lifetimes, passwordlessType, ...others } = settings;
  return {
    policy: {
      ...others,
      details: {
        sequence: details.sequence,
        creationDate: timestampFromMs(details.creationDate.toMillis()),
        changeDate: timestampFromMs(details.changeDate.toMillis()),
        resourceOwner: details.resourceOwner,
      },
      isDefault: view.isDefault,
      passwordlessType: passwordlessType === 'ALLOWED' ? PasswordlessType.ALLOWED : PasswordlessType.NOT_ALLOWED,
      passwordCheckLifetime: durationFromMs(lifetimes.passwordCheck.toMillis()),
      externalLoginCheckLifetime: durationFromMs(lifetimes.externalLoginCheck.toMillis()),
      mfaInitSkipLifetime: durationFromMs(lifetimes.mfaInitSkip.toMillis()),
      secondFactorCheckLifetime: durationFromMs(lifetimes.secondFactorCheck.toMillis()),
      multiFactorCheckLifetime: durationFromMs(lifetimes.multiFactorCheck.toMillis()),
      secondFactors: view.secondFactors.map((factor) => SECOND_FACTORS.indexOf(factor) + 1),
      multiFactors: view.multiFactors.map((factor) => MULTI_FACTORS.indexOf(factor) + 1),
      idps: view.identityProviders.map(({ id }) => ({ idpId: id })),
    },
  };
}
