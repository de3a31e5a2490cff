import { fromBinary, toBinary, type Message } from '@bufbuild/protobuf';
import type { Answer } from '../calls/call-context.js';
import type { Pipeline } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import { notServed, unreadable } from '../errors/refusals.js';
import type { Exchange } from '../server/exchange.js';
import { deadlineOf } from './deadline.js';
import { unframePlain } from './grpc-frame.js';
import type { GrpcWire } from './grpc-wire.js';
import type { MethodTable } from './method-table.js';

/**
 * The short way of unary gRPC and gRPC-Web in plain protobuf, which is what every client sends; the rest goes on to
 * connect-es. A call costs less than a third of what it does there (`npm run bench:api`).
 */
export class GrpcSkin {
  readonly #methods: MethodTable;
  readonly #pipeline: Pipeline;

  constructor(methods: MethodTable, pipeline: Pipeline) {
    this.#methods = methods;
    this.#pipeline = pipeline;
  }

  /** Answers whatever comes; never rejects. */
  async handle(exchange: Exchange, wire: GrpcWire): Promise<void> {
    try {
      const method = this.#methods.find(exchange.path);
      if (method === undefined) throw notServed();
      const answer = await this.#answer(method, exchange, wire);
      wire.succeed(exchange, answer, toBinary(method.contract.output, answer.message));
    } catch (caught) {
      wire.fail(exchange, exchange.failed(caught));
    }
  }

  async #answer(method: ServedMethod, exchange: Exchange, wire: GrpcWire): Promise<Answer<Message>> {
    // The caller's time runs from the moment he asked, also while others decide whether he is let in.
    const deadline = deadlineOf(exchange.headers.get('grpc-timeout'));
    try {
      const { permission } = method.contract;
      const admission = await this.#pipeline.admit({ permission, scope: method.scope }, exchange.headers);
      const request = decoded(method, unframePlain(await wire.body(exchange)));
      const incoming = exchange.incoming(deadline === undefined ? {} : { signal: deadline.signal });
      return await this.#pipeline.carryOut(method, request, { admission, incoming });
    } finally {
      deadline?.release();
    }
  }
}

function decoded({ contract: { input } }: ServedMethod, bytes: Uint8Array): Message {
  try {
    return fromBinary(input, bytes);
  } catch {
    throw unreadable(`The message can't be read as ${input.typeName}.`);
  }
}
