import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv1';
import type { OwnerRef } from '@login-policy/domain';
import type { IDPLoginPolicyLink } from '@zitadel/proto/zitadel/idp_pb.js';
import type { ListDetails, ListQuery, ObjectDetails } from '@zitadel/proto/zitadel/object_pb.js';
import type { MultiFactorType, SecondFactorType } from '@zitadel/proto/zitadel/policy_pb.js';
import { multiFactorNumber, multiFactorOf, secondFactorNumber, secondFactorOf } from '../messages/factors.js';
import { linkMessage } from '../messages/policy.js';
import { effectiveTag, ownTag } from './policy-answers.js';
import type { Scope } from './scope.js';
import { serve, serveCommand, type Binding, type ServedMethod } from './served-method.js';

type Method<Request, Response> = DescMethod & {
  readonly input: GenMessage<Message & Request>;
  readonly output: GenMessage<Message & Response>;
};

interface Manipulated {
  details?: ObjectDetails;
}

interface Listed<Item> {
  details?: ListDetails;
  result: Item[];
}

/** The methods that the admin and the management service both have, on the instance's and an organization's policy. */
export interface SharedMethods {
  readonly listLoginPolicyIDPs: Method<{ query?: ListQuery }, Listed<IDPLoginPolicyLink>>;
  readonly removeIDPFromLoginPolicy: Method<{ idpId: string }, Manipulated>;
  readonly listLoginPolicySecondFactors: Method<object, Listed<SecondFactorType>>;
  readonly addSecondFactorToLoginPolicy: Method<{ type: SecondFactorType }, Manipulated>;
  readonly removeSecondFactorFromLoginPolicy: Method<{ type: SecondFactorType }, Manipulated>;
  readonly listLoginPolicyMultiFactors: Method<object, Listed<MultiFactorType>>;
  readonly addMultiFactorToLoginPolicy: Method<{ type: MultiFactorType }, Manipulated>;
  readonly removeMultiFactorFromLoginPolicy: Method<{ type: MultiFactorType }, Manipulated>;
}

/** Binds the methods that both services have. */
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
  const tagOf = scope.regards === 'instance' ? ownTag : effectiveTag;
  return [
    serve(scope, method.listLoginPolicyIDPs, ({ query }, { owner, read }) =>
      answers.ofList(policies.identityProviders(owner, read), linkMessage, { query, tagOf }),
    ),
    serve(scope, method.listLoginPolicySecondFactors, (_, { owner, read }) =>
      answers.ofList(policies.secondFactors(owner, read), secondFactorNumber, { tagOf }),
    ),
    serve(scope, method.listLoginPolicyMultiFactors, (_, { owner, read }) =>
      answers.ofList(policies.multiFactors(owner, read), multiFactorNumber, { tagOf }),
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
