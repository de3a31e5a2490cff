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
import type { AuditLog } from '@login-policy/domain/audit';
import type { ObjectDetails } from '@zitadel/proto/zitadel/object_pb.js';
import { contractOf, type MethodContract } from '../contract/api-method.js';
import { detailsMessage } from '../messages/details.js';
import type { Answer, CallContext, ReadContext } from './call-context.js';
import type { DirectCommands } from './direct-commands.js';
import type { PolicyAnswers } from './policy-answers.js';
import { OF_INSTANCE, type Scope } from './scope.js';

/** Handles an authorized request. @throws ApiError, synchronously or not, or a fault of the store */
export type Call<Content> = (request: Message, context: CallContext<OwnerRef>) => Promise<Answer<Content>>;

/** A method with its handler, in a form that every protocol can call. */
export interface ServedMethod {
  readonly contract: MethodContract;
  readonly scope: Scope<OwnerRef>;
  readonly call: Call<Message>;
  /**
   * Calls the method without making a message, for a protocol that formats details itself; `undefined` for a method
   * that only reads.
   */
  readonly callForDetails: Call<Details> | undefined;
  /** Whether it takes `asOf`. */
  readonly takesMoment: boolean;
  /** Whether it is `unimplemented` where the program does not give it what it answers from. */
  readonly isOptional: boolean;
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
  readonly commands: DirectCommands;
  readonly auditLog: AuditLog | undefined;
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
    takesMoment: true,
    isOptional: false,
    callForDetails: undefined,
    commandOf: undefined,
    async call(request, context) {
      const { instance, organization, read } = context;
      const owner = scope.narrow(context.owner);
      const answer = await handle(validated(contract, desc, request), { owner, instance, organization, read });
      return { ...answer, message: create(desc.output, answer.message) };
    },
  };
}

type CommandMethod<Input extends DescMessage> = Method<Input, GenMessage<Message & { details?: ObjectDetails }>>;

/** Binds a method that changes the policy. Its command is the same in a call and in a preview. */
export function serveCommand<Input extends DescMessage>(
  scope: Scope<OwnerRef>,
  desc: CommandMethod<Input>,
  {
    commandOf,
    binding: { answers, commands },
  }: {
    readonly commandOf: (request: MessageShape<Input>) => CommandInput;
    readonly binding: Binding;
  },
): ServedMethod {
  const contract = contractOf(desc);
  const commandIn = (request: Message): CommandInput => commandOf(validated(contract, desc, request));
  const callForDetails: Call<Details> = async (request, { owner, command }) =>
    answers.ofCommand(await commands.execute(scope.narrow(owner), commandIn(request), command));
  return {
    contract,
    scope,
    takesMoment: false,
    isOptional: false,
    callForDetails,
    commandOf: commandIn,
    async call(request, context) {
      const answer = await callForDetails(request, context);
      return { ...answer, message: create(desc.output, { details: detailsMessage(answer.message) }) };
    },
  };
}

/** The request in its typed form, once it fulfils the rules of its descriptor. @throws ApiError */
function validated<Input extends DescMessage>(
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
    takesMoment: false,
    isOptional: false,
    callForDetails: undefined,
    commandOf: undefined,
    call: () => Promise.resolve({ message: create(desc.output) }),
  };
}

/** The owner passed to a method that is open to all. */
export const NOBODY: InstanceRef = { instanceId: 'nobody' };
