import {
  create,
  isMessage,
  type DescMessage,
  type DescMethod,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv1';
import type { CommandInput, Details, InstanceRef, LoginPolicies, OwnerRef } from '@login-policy/domain';
import type { ObjectDetails } from '@zitadel/proto/zitadel/object_pb.js';
import { contractOf, type MethodContract } from '../contract/api-method.js';
import { detailsMessage } from '../messages/details.js';
import type { Answer, CallContext, ReadContext } from './call-context.js';
import type { PolicyAnswers } from './policy-answers.js';
import { OF_INSTANCE, type Scope } from './scope.js';

/** Handles an authorized request. @throws ApiError, synchronously or not, or a fault of the store */
export type Call<Said> = (request: Message, context: CallContext<OwnerRef>) => Promise<Answer<Said>>;

/** A method with its handler, which every protocol calls without knowing its message. */
export interface ServedMethod {
  readonly contract: MethodContract;
  readonly scope: Scope<OwnerRef>;
  readonly call: Call<Message>;
  /**
   * The handler for a protocol that formats details itself, without a message; `undefined` for a method that only
   * reads.
   */
  readonly give: Call<Details> | undefined;
  /** The command in a request; `undefined` for a method that only reads. @throws ApiError */
  readonly commandOf: ((request: Message) => CommandInput) | undefined;
}

type Method<Input extends DescMessage, Output extends DescMessage> = DescMethod & {
  readonly input: Input;
  readonly output: Output;
};

/** The context shared by all method handlers. */
export interface Binding {
  readonly policies: LoginPolicies;
  readonly answers: PolicyAnswers;
}

/** Binds a method that reads to its handler. */
export function serve<Owner extends OwnerRef, Input extends DescMessage, Output extends DescMessage>(
  scope: Scope<Owner>,
  desc: Method<Input, Output>,
  handle: (request: MessageShape<Input>, context: ReadContext<Owner>) => Promise<Answer<MessageInitShape<Output>>>,
): ServedMethod {
  const contract = contractOf(desc);
  return {
    contract,
    scope,
    give: undefined,
    commandOf: undefined,
    async call(request, context) {
      const { instance, organization, read } = context;
      const owner = scope.narrow(context.owner);
      const answer = await handle(checked(contract, desc, request), { owner, instance, organization, read });
      return { ...answer, message: create(desc.output, answer.message) };
    },
  };
}

type Manipulating<Input extends DescMessage> = Method<Input, GenMessage<Message & { details?: ObjectDetails }>>;

/** Binds a method that gives a command: the same command for carrying it out and for a preview. */
export function serveCommand<Input extends DescMessage>(
  scope: Scope<OwnerRef>,
  desc: Manipulating<Input>,
  {
    commandOf,
    binding: { answers, policies },
  }: {
    readonly commandOf: (request: MessageShape<Input>) => CommandInput;
    readonly binding: Binding;
  },
): ServedMethod {
  const contract = contractOf(desc);
  const commandIn = (request: Message): CommandInput => commandOf(checked(contract, desc, request));
  const give: Call<Details> = async (request, { owner, command }) =>
    answers.ofCommand(await policies.execute(scope.narrow(owner), commandIn(request), command));
  return {
    contract,
    scope,
    give,
    commandOf: commandIn,
    async call(request, context) {
      const answer = await give(request, context);
      return { ...answer, message: create(desc.output, { details: detailsMessage(answer.message) }) };
    },
  };
}

/** The request in its typed form, once it fulfils the rules of its descriptor. @throws ApiError */
function checked<Input extends DescMessage>(
  { check }: MethodContract,
  { input, name }: Method<Input, DescMessage>,
  request: Message,
): MessageShape<Input> {
  if (!isMessage(request, input)) throw new Error(`${name} was called with ${request.$typeName}`);
  check?.(request);
  return request;
}

/** Binds a method that is open to all and returns an empty message. */
export function serveHealth<Output extends DescMessage>(desc: Method<DescMessage, Output>): ServedMethod {
  return {
    contract: contractOf(desc),
    scope: OF_INSTANCE,
    give: undefined,
    commandOf: undefined,
    call: () => Promise.resolve({ message: create(desc.output) }),
  };
}

/** The owner passed to a method that is open to all. */
export const NOBODY: InstanceRef = { instanceId: 'nobody' };
