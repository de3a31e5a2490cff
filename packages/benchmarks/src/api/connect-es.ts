import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { holdsGrant } from '@login-policy/api';
import { orThrow } from '@login-policy/domain';
import { AdminService, type GetLoginPolicyResponseSchema } from '@zitadel/proto/zitadel/admin_pb.js';
import { policyAnswer } from './rpc-by-hand.js';
import { authenticate, listening, openPolicies, type OpenPolicies, type OpenServer } from './servers.js';

/** The read of the policy with connect-es alone: over HTTP/2 for gRPC. */
export async function openConnectHttp2(): Promise<OpenServer> {
  const open = await openPolicies();
  return listening(createHttp2Server(connectNodeAdapter({ routes: routesOf(open) })), open);
}

/** The same over HTTP/1.1, for gRPC-Web and Connect. */
export async function openConnectHttp1(): Promise<OpenServer> {
  const open = await openPolicies();
  return listening(createServer(connectNodeAdapter({ routes: routesOf(open) })), open);
}

function routesOf(open: OpenPolicies): (router: ConnectRouter) => void {
  return (router) => {
    router.service(AdminService, { getLoginPolicy: (_, context) => read(open, context) });
  };
}

async function read(
  { policies }: OpenPolicies,
  { requestHeader, responseHeader }: HandlerContext,
): Promise<MessageInitShape<typeof GetLoginPolicyResponseSchema>> {
  const caller = authenticate({ get: (name) => requestHeader.get(name) ?? undefined });
  if (caller === undefined) throw new ConnectError('a token is needed', Code.Unauthenticated);
  if (!holdsGrant(caller, 'iam.policy.read', caller)) throw new ConnectError('not allowed', Code.PermissionDenied);
  const { policy } = orThrow(await policies.policy({ instanceId: caller.instanceId }));
  responseHeader.set('x-request-id', requestHeader.get('x-request-id') ?? randomUUID());
  responseHeader.set('etag', `"${policy.details.sequence}"`);
  return policyAnswer(policy);
}
