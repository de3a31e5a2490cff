import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv1';
import type { OwnerRef } from '@login-policy/domain';
import type { IDPLoginPolicyLink } from '@zitadel/proto/zitadel/idp_pb.js';
import type { ListDetails, ListQuery, ObjectDetails } from '@zitadel/proto/zitadel/object_pb.js';
import type { MultiFactorType, SecondFactorType } from '@zitadel/proto/zitadel/policy_pb.js';
import { multiFactorNumber, multiFactorOf, secondFactorNumber, secondFactorOf } from '../messages/factors.js';
import { linkMessage } from '../messages/policy.js';
import { knownBy } from './known-providers.js';
import { etagOfEffective, etagOfOwn } from './policy-answers.js';
import type { Scope } from './scope.js';
import { serve, serveCommand, type Binding, type ServedMethod } from './served-method.js';

/** The protobuf descriptor of a method with these request and response messages. */
type Method<Request, Response> = DescMethod & {
  readonly input: GenMessage<Message & Request>;
  readonly output: GenMessage<Message & Response>;
};

/** The response of a command. */
interface ChangeResponse {
  details?: ObjectDetails;
}

interface ListResponse<Item> {
  details?: ListDetails;
  result: Item[];
}

/**
 * The descriptors of the methods that work the same way in both services: the admin service, for instances, and the
 * management service, for organizations. `servedMethods` has the others.
 */
export interface SharedMethods {
  readonly listLoginPolicyIDPs: Method<{ query?: ListQuery }, ListResponse<IDPLoginPolicyLink>>;
  readonly removeIDPFromLoginPolicy: Method<{ idpId: string }, ChangeResponse>;
  readonly listLoginPolicySecondFactors: Method<object, ListResponse<SecondFactorType>>;
  readonly addSecondFactorToLoginPolicy: Method<{ type: SecondFactorType }, ChangeResponse>;
  readonly removeSecondFactorFromLoginPolicy: Method<{ type: SecondFactorType }, ChangeResponse>;
  readonly listLoginPolicyMultiFactors: Method<object, ListResponse<MultiFactorType>>;
  readonly addMultiFactorToLoginPolicy: Method<{ type: MultiFactorType }, ChangeResponse>;
  readonly removeMultiFactorFromLoginPolicy: Method<{ type: MultiFactorType }, ChangeResponse>;
}

/**
 * Implements these methods for one service.
 *
 * @param scope Whose policies the service works on: instances or organizations.
 * @param methods The descriptors of that service.
 * @param binding The policies of the domain, and the conversion of their answers.
 */
export function sharedMethods(
  scope: Scope<OwnerRef>,
  methods: SharedMethods,
  binding: Binding,
): readonly ServedMethod[] {
  return [...sharedReads(scope, methods, binding), ...sharedCommands(scope, methods, binding)];
}

/** How long a list waits for the names of what it lists. */
const LONGEST_LOOK_UP_MS = 2000;

function sharedReads(
  scope: Scope<OwnerRef>,
  methods: SharedMethods,
  { policies, answers }: Binding,
): readonly ServedMethod[] {
  // An instance has only its own policy. An organization may have a custom policy or inherit the instance's default.
  const etagOf = scope.level === 'instance' ? etagOfOwn : etagOfEffective;
  return [
    serve(scope, methods.listLoginPolicyIDPs, async ({ query }, { owner, read }) => {
      const { message, ...answer } = await answers.ofList(policies.identityProviders(owner, read), (one) => one, {
        ...{ query, etagOf },
      });
      // The links are known without the directory, which only names them.
      const linked = { owner, items: message.result, signal: read.signal, waitMs: LONGEST_LOOK_UP_MS };
      const known = await knownBy(policies, linked);
      const names = 'byId' in known ? known.byId : undefined;
      return {
        ...answer,
        message: { ...message, result: message.result.map((one) => linkMessage(one, names?.get(one.id))) },
      };
    }),
    serve(scope, methods.listLoginPolicySecondFactors, (_, { owner, read }) =>
      answers.ofList(policies.secondFactors(owner, read), secondFactorNumber, { etagOf }),
    ),
    serve(scope, methods.listLoginPolicyMultiFactors, (_, { owner, read }) =>
      answers.ofList(policies.multiFactors(owner, read), multiFactorNumber, { etagOf }),
    ),
  ];
}

function sharedCommands(scope: Scope<OwnerRef>, methods: SharedMethods, binding: Binding): readonly ServedMethod[] {
  return [
    serveCommand(scope, methods.removeIDPFromLoginPolicy, {
      commandOf: ({ idpId }) => ({ type: 'removeIdentityProvider', id: idpId }),
      binding,
    }),
    serveCommand(scope, methods.addSecondFactorToLoginPolicy, {
      commandOf: ({ type }) => ({ type: 'addSecondFactor', factor: secondFactorOf(type) }),
      binding,
    }),
    serveCommand(scope, methods.removeSecondFactorFromLoginPolicy, {
      commandOf: ({ type }) => ({ type: 'removeSecondFactor', factor: secondFactorOf(type) }),
      binding,
    }),
    serveCommand(scope, methods.addMultiFactorToLoginPolicy, {
      commandOf: ({ type }) => ({ type: 'addMultiFactor', factor: multiFactorOf(type) }),
      binding,
    }),
    serveCommand(scope, methods.removeMultiFactorFromLoginPolicy, {
      commandOf: ({ type }) => ({ type: 'removeMultiFactor', factor: multiFactorOf(type) }),
      binding,
    }),
  ];
}
