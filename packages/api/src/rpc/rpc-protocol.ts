import { fromBinary, toBinary, toJson, type DescMessage, type Message } from '@bufbuild/protobuf';
import type { Answer } from '../calls/call-context.js';
import type { Pipeline } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import type { UnknownNames } from '../contract/enum-names.js';
import { unreadable } from '../errors/refusals.js';
import { bodyFields, requestOf } from '../rest/read-request.js';
import type { Exchange } from '../server/exchange.js';
import { withinDeadline } from './deadline.js';
import { compressionFor, compressionOf } from './compression.js';
import type { MessageForm, Wire } from './wire.js';

/** gRPC, gRPC-Web and Connect in the pipeline. They differ only by their wires. */
export interface RpcProtocol {
  /** The method with this gRPC path. */
  readonly find: (path: string) => ServedMethod | undefined;
  /** Whether a path is one of a service with at least one served method. */
  readonly isOfService: (path: string) => boolean;
  /** Handles a call of a method. @throws ApiError, or a fault of the store */
  readonly handle: (method: ServedMethod, exchange: Exchange, wire: Wire) => Promise<void>;
}

/** Serves the methods. Unknown names in JSON messages are refused or ignored. */
export function rpcProtocol(
  methods: readonly ServedMethod[],
  pipeline: Pipeline,
  unknownNames: UnknownNames,
): RpcProtocol {
  const byPath = new Map(methods.map((method) => [method.contract.rpcPath, method]));
  const services = new Set(methods.map(({ contract }) => contract.desc.parent.typeName));
  return {
    find: (path) => byPath.get(path),
    isOfService: (path) => services.has(path.slice(1, path.lastIndexOf('/'))),
    async handle(method, exchange, wire) {
      const { output, rpcPath } = method.contract;
      exchange.method = rpcPath.slice(1);
      const answer = await callMethod(method, exchange, { wire, pipeline, unknownNames });
      const message = writeMessage(output, answer.message, wire.form);
      const compression = compressionFor(message, exchange.get(wire.headers.accepted));
      const bytes = compression === undefined ? message : await compression.compress(message);
      exchange.send(wire.protocol, wire.succeed(exchange.answerHeaders(answer), bytes, compression));
    },
  };
}

interface CallSettings {
  readonly wire: Wire;
  readonly pipeline: Pipeline;
  readonly unknownNames: UnknownNames;
}

async function callMethod(
  { call, contract: { input, permission }, scope }: ServedMethod,
  exchange: Exchange,
  settings: CallSettings,
): Promise<Answer<Message>> {
  const { pipeline, wire } = settings;
  const compression = compressionOf(exchange.get(wire.headers.compression));
  return withinDeadline(exchange, wire.headers.timeout, async () => {
    const context = await pipeline.admit({ permission, scope }, exchange);
    const bytes = await wire.readMessage(exchange, compression);
    return call(readMessage(input, bytes, settings), context);
  });
}

/** Parses a message. @throws ApiError when it is malformed */
function readMessage(desc: DescMessage, bytes: Uint8Array, { unknownNames, wire }: CallSettings): Message {
  if (wire.form === 'json') return requestOf(desc, bodyFields(bytes), unknownNames);
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
