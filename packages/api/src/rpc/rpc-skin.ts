import { fromBinary, toBinary, toJson, type DescMessage, type Message } from '@bufbuild/protobuf';
import { isFault } from '@login-policy/event-sourcing';
import type { Answer } from '../calls/call-context.js';
import type { Pipeline } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import { withEnumNumbers, type UnknownNames } from '../contract/enum-names.js';
import { unreadable } from '../errors/refusals.js';
import { timeWasUp } from '../errors/status.js';
import { bodyFields, requestOf } from '../rest/read-request.js';
import type { Exchange } from '../server/exchange.js';
import { deadlineOf } from './deadline.js';
import { packingFor, packingOf } from './packing.js';
import type { MessageForm, Wire } from './wire.js';

/** gRPC, gRPC-Web and Connect over the one pipeline: they differ by their wires only. */
export class RpcSkin {
  readonly #methods: ReadonlyMap<string, ServedMethod>;
  readonly #services: ReadonlySet<string>;
  readonly #pipeline: Pipeline;
  readonly #unknownNames: UnknownNames;

  constructor(methods: readonly ServedMethod[], pipeline: Pipeline, unknownNames: UnknownNames) {
    this.#methods = new Map(methods.map((method) => [method.contract.rpcPath, method]));
    this.#services = new Set(methods.map(({ contract }) => contract.desc.parent.typeName));
    this.#pipeline = pipeline;
    this.#unknownNames = unknownNames;
  }

  /** The method at a path, as gRPC calls it. */
  find(path: string): ServedMethod | undefined {
    return this.#methods.get(path);
  }

  /** Whether a path is one of a service of which at least one method is served. */
  isOfService(path: string): boolean {
    return this.#services.has(path.slice(1, path.lastIndexOf('/')));
  }

  /** Answers a call of a method. @throws ApiError, or a fault of the store */
  async handle(method: ServedMethod, exchange: Exchange, wire: Wire): Promise<void> {
    exchange.method = method.contract.rpcPath.slice(1);
    const answer = await this.#answer(method, exchange, wire);
    const message = writeMessage(method.contract.output, answer.message, wire.form);
    const packing = packingFor(message, exchange.get(wire.headers.accepted));
    const bytes = packing === undefined ? message : await packing.pack(message);
    exchange.send(wire.protocol, wire.succeed(exchange.answerHeaders(answer), { bytes, packing: packing?.name }));
  }

  async #answer(method: ServedMethod, exchange: Exchange, wire: Wire): Promise<Answer<Message>> {
    const packing = packingOf(exchange.get(wire.headers.packing));
    // The caller's time runs from the moment they asked, also while others decide whether they are let in.
    const deadline = deadlineOf(exchange, wire.headers.timeout);
    exchange.signal = deadline?.signal;
    try {
      const { input, permission } = method.contract;
      const context = await this.#pipeline.admit({ permission, scope: method.scope }, exchange);
      const bytes = await wire.message(exchange, packing);
      const request = readMessage(input, bytes, { form: wire.form, unknownNames: this.#unknownNames });
      return await method.call(request, context);
    } catch (caught) {
      // That a caller gives too little time is no failure to tell an operator of: anybody could fill the log with it.
      throw deadline?.signal.aborted === true && isFault(caught, 'deadline-exceeded') ? timeWasUp() : caught;
    } finally {
      deadline?.release();
    }
  }
}

/** Reads a message. @throws ApiError when it is none of its kind */
function readMessage(
  desc: DescMessage,
  bytes: Uint8Array,
  { form, unknownNames }: { readonly form: MessageForm; readonly unknownNames: UnknownNames },
): Message {
  if (form === 'json') return requestOf(desc, withEnumNumbers(desc, bodyFields(bytes), unknownNames));
  try {
    return fromBinary(desc, bytes);
  } catch {
    throw unreadable(`The message can't be read as ${desc.typeName}.`);
  }
}

/** Writes a message. */
function writeMessage(desc: DescMessage, message: Message, form: MessageForm): Uint8Array {
  return form === 'proto' ? toBinary(desc, message) : Buffer.from(JSON.stringify(toJson(desc, message)));
}
