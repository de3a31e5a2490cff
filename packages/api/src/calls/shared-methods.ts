import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv1';
import type { OwnerRef } from '@login-policy/domain';
import type { IDPLoginPolicyLink } from '@zitadel/proto/zitadel/idp_pb.js';
import type { ListDetails, ListQuery, ObjectDetails } from '@zitadel/proto/zitadel/object_pb.js';
import type { MultiFactorType, SecondFactorType } from '@zitadel/proto/zitadel/policy_pb.js';
import { multiFactorNumber, multiFactorOf, secondFactorNumber, secondFactorOf } from '../messages/factors.js';
import { linkMessage } from '../messages/policy.js';
import { etagOfEffective, etagOfOwn } from './policy-answers.js';
import type { Scope } from './scope.js';
import { serve, serveCommand, type Binding, type ServedMethod } from './served-method.js';

type Method<Request, Response> = DescMethod & {
  readonly input: GenMessage<Message & Request>;
  readonly output: GenMessage<Message & Response>;
};

interface ChangeResponse {
  details?: ObjectDetails;
}

interface ListResponse<Item> {
  details?: ListDetails;
  result: Item[];
}

/**
 * The methods that both services have: the admin service for instances, and the management service for organizations.
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

/** Implements the methods that both services have, for the scope of one service. */
export function sharedMethods(
  scope: Scope<OwnerRef>,
  method: SharedMethods,
  binding: Binding,
): readonly ServedMethod[] {
  return [...sharedReads(scope, method, binding), ...sharedCommands(scope, method, binding)];
}

function sharedReads(
  scope: Scope<OwnerRef>,
  method: SharedMethods,
  { policies, answers }: Binding,
): readonly ServedMethod[] {
  const etagOf = scope.level === 'instance' ? etagOfOwn : etagOfEffective;
  return [
    serve(scope, method.listLoginPolicyIDPs, ({ query }, { owner, read }) =>
      answers.ofList(policies.identityProviders(owner, read), linkMessage, { query, etagOf }),
    ),
    serve(scope, method.listLoginPolicySecondFactors, (_, { owner, read }) =>
      answers.ofList(policies.secondFactors(owner, read), secondFactorNumber, { etagOf }),
    ),
    serve(scope, method.listLoginPolicyMultiFactors, (_, { owner, read }) =>
      answers.ofList(policies.multiFactors(owner, read), multiFactorNumber, { etagOf }),
    ),
  ];
}

function sharedCommands(scope: Scope<OwnerRef>, method: SharedMethods, binding: Binding): readonly ServedMethod[] {
  return [
    serveCommand(scope, method.removeIDPFromLoginPolicy, {
      commandOf: ({ idpId }) => ({ type: 'removeIdentityProvider', id: idpId }),
      binding,
    }),
    serveCommand(scope, method.addSecondFactorToLoginPolicy, {
      commandOf: ({ type }) => ({ type: 'addSecondFactor', factor: secondFactorOf(type) }),
      binding,
    }),
    serveCommand(scope, method.removeSecondFactorFromLoginPolicy, {
      commandOf: ({ type }) => ({ type: 'removeSecondFactor', factor: secondFactorOf(type) }),
      binding,
    }),
    serveCommand(scope, method.addMultiFactorToLoginPolicy, {
      commandOf: ({ type }) => ({ type: 'addMultiFactor', factor: multiFactorOf(type) }),
      binding,
    }),
    serveCommand(scope, method.removeMultiFactorFromLoginPolicy, {
      commandOf: ({ type }) => ({ type: 'removeMultiFactor', factor: multiFactorOf(type) }),
      binding,
    }),
  ];
}
