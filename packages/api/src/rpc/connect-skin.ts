import type { DescMethodUnary } from '@bufbuild/protobuf';
import {
  Code as ConnectCode,
  ConnectError,
  createConnectRouter,
  createContextKey,
  createContextValues,
} from '@connectrpc/connect';
import type { UniversalHandler, UniversalServerRequest } from '@connectrpc/connect/protocol';
import type { UnknownNames } from '../contract/enum-names.js';
import type { Admission, Pipeline } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import type { ApiError } from '../errors/api-error.js';
import { tooLarge, unknownType, unreadable, wrongVerb } from '../errors/refusals.js';
import { fromThrown, timeWasUp } from '../errors/status.js';
import type { RequestHeaders } from '../ports/ports.js';
import type { Exchange } from '../server/exchange.js';
import { checkConnectTimeout, checkTimeout, isEndless } from './deadline.js';
import { PACKINGS, packingOf } from './packing.js';
import { refuseCall } from './refuse-call.js';
import { withKnownNames, type CallBody } from './rpc-json.js';
import { collected, refusalCode, sendCollected } from './universal-answer.js';

/** One call on its way through connect-es. */
interface Visit {
  readonly exchange: Exchange;
  admission: Admission | undefined;
  /** What ended it, which connect-es is not told. */
  error: ApiError | undefined;
}

interface Entry {
  readonly handler: UniversalHandler;
  readonly method: ServedMethod;
}

const VISIT = createContextKey<Visit | undefined>(undefined, { description: 'login-policy visit' });

/** Connect, and what of gRPC and gRPC-Web does not go the short way, over the one pipeline by connect-es. */
export class ConnectSkin {
  readonly #handlers: ReadonlyMap<string, Entry>;
  readonly #maxBytes: number;
  readonly #unknownNames: UnknownNames;
  readonly #pipeline: Pipeline;

  constructor(
    methods: readonly ServedMethod[],
    pipeline: Pipeline,
    { maxBytes, unknownNames }: Pick<CallBody, 'maxBytes' | 'unknownNames'>,
  ) {
    const router = createConnectRouter({
      acceptCompression: [...PACKINGS],
      readMaxBytes: maxBytes,
    });
    this.#pipeline = pipeline;
    this.#maxBytes = maxBytes;
    this.#unknownNames = unknownNames;
    for (const method of methods) this.#register(router, method);
    this.#handlers = new Map(
      router.handlers.flatMap((handler) => {
        const method = methods.find(({ contract }) => contract.rpcPath === handler.requestPath);
        return method === undefined ? [] : [[handler.requestPath, { handler, method }] as const];
      }),
    );
  }

  /** Answers a call of a method that is served. @throws ApiError for one that is of no protocol */
  async handle(exchange: Exchange): Promise<void> {
    const entry = this.#handlers.get(exchange.path);
    if (entry === undefined) throw new Error(`${exchange.path} is no method that is served`);
    if (exchange.verb !== 'POST') throw wrongVerb(['POST']);
    if (!entry.handler.supportedContentType(exchange.headers.get('content-type') ?? '')) throw unknownType();
    try {
      checkHeaders(exchange.headers);
      await this.#answer(exchange, entry);
    } catch (caught) {
      refuseCall(exchange, exchange.failed(caught));
    }
  }

  async #answer(exchange: Exchange, { handler, method }: Entry): Promise<void> {
    const visit: Visit = { exchange, admission: undefined, error: undefined };
    const closing = new AbortController();
    exchange.channel.onClosed(() => closing.abort());
    const answer = await collected(
      await handler({
        ...requestOf(exchange),
        signal: closing.signal,
        body: this.#body(visit, method),
        contextValues: createContextValues().set(VISIT, visit),
      }),
    );
    const code = refusalCode(answer);
    if (code === undefined) sendCollected(exchange, answer);
    else throw visit.error ?? this.#refusalOf(code, method);
  }

  /** What connect-es refuses by its own account has no id, and a message it can't read it calls a defect of its own. */
  #refusalOf(code: ConnectCode, { contract: { input } }: ServedMethod): ApiError {
    if (code === ConnectCode.ResourceExhausted) return tooLarge(this.#maxBytes);
    if (code === ConnectCode.DeadlineExceeded) return timeWasUp();
    return unreadable(`The message can't be read as ${input.typeName}.`);
  }

  /** The body is read only once its sender was let in. */
  async *#body(current: Visit, { contract: { input, permission }, scope }: ServedMethod): AsyncIterable<Uint8Array> {
    const visit = current;
    const { exchange } = visit;
    const { headers } = exchange;
    try {
      visit.admission = await this.#pipeline.admit({ permission, scope }, headers);
      const read = { headers, input, maxBytes: this.#maxBytes, unknownNames: this.#unknownNames };
      yield await withKnownNames({ ...read, bytes: await exchange.body() });
    } catch (caught) {
      throw noted(visit, caught);
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
        throw noted(visit, caught);
      }
    });
  }
}

/** What connect-es would refuse in words of its own. @throws ApiError */
function checkHeaders(headers: RequestHeaders): void {
  const isGrpc = headers.get('content-type')?.startsWith('application/grpc') === true;
  packingOf(headers.get(isGrpc ? 'grpc-encoding' : 'content-encoding'));
  const timeout = headers.get(isGrpc ? 'grpc-timeout' : 'connect-timeout-ms');
  if (timeout !== undefined) (isGrpc ? checkTimeout : checkConnectTimeout)(timeout);
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

/** Notes what has to be answered, and gives what connect-es takes for an error. */
function noted(current: Visit, caught: unknown): ConnectError {
  const visit = current;
  visit.error ??= fromThrown(caught);
  return new ConnectError('refused');
}
