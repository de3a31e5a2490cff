import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { holdsGrant } from '@login-policy/api';
import { positionToString } from '@login-policy/event-sourcing';
import type { CommandAnswer, CommandOptions, InstanceRef, LoginPolicies } from '@login-policy/domain';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import type { ObjectDetailsSchema } from '@zitadel/proto/zitadel/object_pb.js';
import { FACTOR } from '../../workload/factor.js';
import { authenticate, openPolicies } from './policies.js';
import { closing, listening, type OpenServer } from './server.js';

/** The same two methods on the same policies, written with connect-es alone; over HTTP/2 for gRPC. */
export async function openPlainConnectHttp2(): Promise<OpenServer> {
  const { policies, written, close } = await openPolicies();
  const server = createHttp2Server(connectNodeAdapter({ routes: routesOf(policies) }));
  return { port: await listening(server), written, close: () => closing(server).then(close) };
}

/** The same over HTTP/1.1, for gRPC-Web. */
export async function openPlainConnectHttp1(): Promise<OpenServer> {
  const { policies, written, close } = await openPolicies();
  const server = createServer(connectNodeAdapter({ routes: routesOf(policies) }));
  return { port: await listening(server), written, close: () => closing(server).then(close) };
}

function routesOf(policies: LoginPolicies): (router: ConnectRouter) => void {
  return (router) => {
    router.service(AdminService, {
      removeMultiFactorFromLoginPolicy: async (_, context) => {
        const { owner, options } = await admitted(context);
        return answered(await policies.removeMultiFactor(owner, FACTOR, options), context);
      },
      addMultiFactorToLoginPolicy: async (_, context) => {
        const { owner, options } = await admitted(context);
        return answered(await policies.addMultiFactor(owner, FACTOR, options), context);
      },
    });
  };
}

async function admitted({ requestHeader, responseHeader, signal }: HandlerContext): Promise<{
  readonly owner: InstanceRef;
  readonly options: CommandOptions;
}> {
  const caller = authenticate({ get: (name) => requestHeader.get(name) ?? undefined });
  if (caller === undefined) throw new ConnectError('a token is needed', Code.Unauthenticated);
  if (!holdsGrant(caller, 'iam.policy.write', caller)) throw new ConnectError('not allowed', Code.PermissionDenied);
  const correlationId = requestHeader.get('x-request-id') ?? randomUUID();
  responseHeader.set('x-request-id', correlationId);
  return { owner: { instanceId: caller.instanceId }, options: { actor: caller.id, correlationId, signal } };
}

function answered(
  answer: CommandAnswer,
  { responseHeader }: HandlerContext,
): { readonly details: MessageInitShape<typeof ObjectDetailsSchema> } {
  if (answer.outcome === 'rejected') throw new ConnectError(answer.message, Code.FailedPrecondition);
  const { changeDate, creationDate, resourceOwner, sequence } = answer.details;
  responseHeader.set('etag', `"${sequence}"`);
  responseHeader.set('login-policy-position', positionToString(answer.position));
  return {
    details: {
      sequence,
      resourceOwner,
      creationDate: timestampFromMs(creationDate.toMillis()),
      changeDate: timestampFromMs(changeDate.toMillis()),
    },
  };
}
