import type { DescMethodUnary } from '@bufbuild/protobuf';
import {
  Code as ConnectCode,
  ConnectError,
  createConnectRouter,
  createContextKey,
  createContextValues,
} from '@connectrpc/connect';
import { compressionBrotli, compressionGzip } from '@connectrpc/connect-node';
import type { UniversalHandler, UniversalServerRequest, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import type { Admission, Pipeline } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import type { ApiError } from '../errors/api-error.js';
import { unreadable } from '../errors/refusals.js';
import type { Exchange } from '../server/exchange.js';
import { isEndless } from './deadline.js';
import { collected, saysDefect, sendCollected } from './universal-answer.js';

/** One call on its way through connect-es. */
interface Visit {
  readonly exchange: Exchange;
  admission: Admission | undefined;
  error: ApiError | undefined;
}

const VISIT = createContextKey<Visit | undefined>(undefined, { description: 'login-policy visit' });

/** Connect, and what of gRPC and gRPC-Web does not go the short way, over the one pipeline by connect-es. */
export class ConnectSkin {
  readonly #handlers: ReadonlyMap<string, { readonly handler: UniversalHandler; readonly method: ServedMethod }>;
  readonly #pipeline: Pipeline;

  constructor(methods: readonly ServedMethod[], pipeline: Pipeline, maxBytes: number) {
    const router = createConnectRouter({
      acceptCompression: [compressionGzip, compressionBrotli],
      readMaxBytes: maxBytes,
    });
    this.#pipeline = pipeline;
    for (const method of methods) this.#register(router, method);
    this.#handlers = new Map(
      router.handlers.flatMap((handler) => {
        const method = methods.find(({ contract }) => contract.rpcPath === handler.requestPath);
        return method === undefined ? [] : [[handler.requestPath, { handler, method }] as const];
      }),
    );
  }

  /** Answers a call of a method that is served; never rejects. */
  async handle(exchange: Exchange): Promise<void> {
    const entry = this.#handlers.get(exchange.path);
    if (entry === undefined) throw new Error(`${exchange.path} is no method that is served`);
    const visit: Visit = { exchange, admission: undefined, error: undefined };
    const closing = new AbortController();
    exchange.channel.onClosed(() => closing.abort());
    const ask = (body: AsyncIterable<Uint8Array>): Promise<UniversalServerResponse> =>
      entry.handler({
        ...requestOf(exchange),
        signal: closing.signal,
        body,
        contextValues: createContextValues().set(VISIT, visit),
      });
    const answer = await collected(await ask(this.#body(visit, entry.method)));
    // connect-es calls a message it can't read a defect of its own. It is asked to refuse it, each protocol in its way.
    const isDefect = visit.error === undefined && saysDefect(answer);
    sendCollected(exchange, isDefect ? await collected(await ask(unread(visit, entry.method))) : answer, visit.error);
  }

  /** The body is read only once its sender was let in. */
  async *#body(current: Visit, { contract: { permission }, scope }: ServedMethod): AsyncIterable<Uint8Array> {
    const visit = current;
    try {
      visit.admission = await this.#pipeline.admit({ permission, scope }, visit.exchange.headers);
      yield await visit.exchange.body();
    } catch (caught) {
      throw refused(visit, caught);
    }
  }

  #register(router: ReturnType<typeof createConnectRouter>, method: ServedMethod): void {
    const { desc } = method.contract;
    if (desc.methodKind !== 'unary') throw new Error(`${desc.name} is no unary method`);
    const unary: DescMethodUnary = { ...desc, methodKind: 'unary' };
    router.rpc(unary, async (request, { signal, values, responseHeader }) => {
      const visit = values.get(VISIT);
      if (visit?.admission === undefined) throw new Error(`${desc.name} was reached by nobody`);
      try {
        const incoming = visit.exchange.incoming({ signal });
        const answer = await this.#pipeline.carryOut(method, request, { admission: visit.admission, incoming });
        for (const [name, value] of Object.entries(visit.exchange.answerHeaders(answer))) {
          responseHeader.set(name, String(value));
        }
        return answer.message;
      } catch (caught) {
        throw refused(visit, caught);
      }
    });
  }
}

/** A body in whose place there is only the refusal of it. */
function unread(visit: Visit, { contract: { input } }: ServedMethod): AsyncIterable<Uint8Array> {
  const refusal = refused(visit, unreadable(`The message can't be read as ${input.typeName}.`));
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal) }) };
}

/** What connect-es makes of a timeout that is longer than any timer is one that is over at once. */
const NEVER_OVER: readonly (readonly [string, (value: string) => boolean])[] = [
  ['grpc-timeout', isEndless],
  ['connect-timeout-ms', (value) => isEndless(`${value}m`)],
];

function requestOf({ channel, path, query, verb }: Exchange): Omit<UniversalServerRequest, 'signal' | 'body'> {
  const header = new Headers();
  for (const [name, value] of Object.entries(channel.headers)) {
    if (!name.startsWith(':') && value !== undefined) header.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  for (const [name, isOver] of NEVER_OVER) {
    const value = header.get(name);
    if (value !== null && isOver(value)) header.delete(name);
  }
  const url = `http://localhost${path}${query === '' ? '' : `?${query}`}`;
  return { httpVersion: channel.httpVersion, url, method: verb, header };
}

/** The error as connect-es writes it over each of its protocols. */
function refused(visit: Visit, caught: unknown): ConnectError {
  const { exchange } = visit;
  const error = visit.error ?? exchange.failed(caught);
  Object.assign(visit, { error });
  const details = [{ desc: ErrorDetailSchema, value: { id: error.id, message: error.sentence } }];
  const { connection: _, ...headers } = error.headers;
  return new ConnectError(error.message, connectCodeOf(error), headers, details);
}

function connectCodeOf({ code }: ApiError): ConnectCode {
  return Object.values(ConnectCode).find((known): known is ConnectCode => known === code) ?? ConnectCode.Internal;
}
