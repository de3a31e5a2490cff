import {
  create,
  isMessage,
  type DescMessage,
  type DescMethod,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { InstanceRef, OwnerRef } from '@login-policy/domain';
import { contractOf, type MethodContract } from '../contract/api-method.js';
import type { Answer, CallContext } from './call-context.js';
import { OF_INSTANCE, type Scope } from './scope.js';

/** A method with what answers it: what every protocol calls, and none knows the message of. */
export interface ServedMethod {
  readonly contract: MethodContract;
  readonly scope: Scope<OwnerRef>;
  /** Answers a request that was let in and is of the right form. */
  readonly call: (request: Message, context: CallContext<OwnerRef>) => Promise<Answer<Message>>;
}

type Method<Input extends DescMessage, Output extends DescMessage> = DescMethod & {
  readonly input: Input;
  readonly output: Output;
};

/** Binds a method of a service to what answers it. */
export function serve<Owner extends OwnerRef, Input extends DescMessage, Output extends DescMessage>(
  scope: Scope<Owner>,
  desc: Method<Input, Output>,
  handle: (request: MessageShape<Input>, context: CallContext<Owner>) => Promise<Answer<MessageInitShape<Output>>>,
): ServedMethod {
  return {
    contract: contractOf(desc),
    scope,
    async call(request, context) {
      if (!isMessage(request, desc.input)) throw new Error(`${desc.name} was called with ${request.$typeName}`);
      const answer = await handle(request, { ...context, owner: scope.narrow(context.owner) });
      return { ...answer, message: create(desc.output, answer.message) };
    },
  };
}

/** Binds a method that is open to all and answers nothing but that it is there. */
export function serveHealth<Output extends DescMessage>(desc: Method<DescMessage, Output>): ServedMethod {
  return {
    contract: contractOf(desc),
    scope: OF_INSTANCE,
    call: () => Promise.resolve({ message: create(desc.output) }),
  };
}

/** What a method that is open to all is called with in the place of an owner. */
export const NOBODY: InstanceRef = { instanceId: 'nobody' };
