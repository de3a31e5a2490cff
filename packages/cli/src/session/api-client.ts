import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { printable } from '../output/printable.js';
import type { JsonCheck } from './answers.js';
import { failureOfAnswer, unreachable } from './api-failures.js';
import type { ApiAddress } from './api-address.js';
import type { PolicyRef } from './policy-ref.js';

/**
 * The time-out of a response that is not streamed. The report of a rollout reads policy by policy, and may take longer.
 */
const TIMEOUT_MS = 60_000;

/** A request to an API. */
export interface ApiRequest {
  readonly verb?: 'GET' | 'POST';
  /** The path after `…/policies/login/` of the owner's service; with a leading slash, the whole path. */
  readonly route: string;
  /** `undefined` for the default policy. */
  readonly ref?: PolicyRef;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts the request, in addition to Ctrl-C. */
  readonly signal?: AbortSignal;
  /** Whether the request is sent even after Ctrl-C, to report what was done. */
  readonly isLast?: boolean;
}

/** Calls a server's API with a token. A refusal is thrown, with advice. */
export class ApiClient {
  readonly address: ApiAddress;
  readonly #interrupted: AbortSignal;

  constructor(address: ApiAddress, interrupted: AbortSignal) {
    this.address = address;
    this.#interrupted = interrupted;
  }

  /** Requests JSON of a shape. @throws Failure, Refused */
  async json<Json>(request: ApiRequest, shape: JsonCheck<Json>): Promise<Json & object> {
    const timeout = request.isLast === true ? {} : { signal: AbortSignal.timeout(TIMEOUT_MS) };
    const answer = await this.answer({ ...request, ...timeout });
    const json = parsed(await answer.text().catch((caught: unknown) => this.#throwBrokenOff(caught)));
    if (typeof json === 'object' && json !== null && shape(json)) return json;
    throw this.#unexpectedAnswer(request);
  }

  /** Requests lines of JSON, and yields them as they arrive. @throws Failure, Refused */
  async *lines(request: ApiRequest): AsyncGenerator<object, void, undefined> {
    const type = 'application/x-ndjson';
    const answer = await this.answer(request);
    if (!(answer.headers.get('content-type') ?? '').startsWith(type)) throw this.#unexpectedAnswer(request);
    let rest = '';
    for await (const text of this.texts(answer)) {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const json = parsed(line);
        if (typeof json === 'object' && json !== null) yield json;
      }
    }
  }

  /** The parts of a response text as they arrive. @throws Failure when it breaks off. */
  async *texts({ body }: Response): AsyncGenerator<string, void, undefined> {
    if (body === null) return;
    try {
      yield* body.pipeThrough(new TextDecoderStream());
    } catch (caught) {
      this.#throwBrokenOff(caught);
    }
  }

  /** Sends a request, and returns a successful response. @throws Failure, Refused */
  async answer({ body, headers, isLast = false, ref, route, signal, verb = 'GET' }: ApiRequest): Promise<Response> {
    const { token, url } = this.address;
    if (ref !== undefined && !/^[\x21-\x7e]+$/.test(ref)) throw notInAHeader(ref);
    const service = ref === undefined ? 'admin' : 'management';
    const path = route.startsWith('/') ? route : `/${service}/v1/policies/login/${route}`;
    const signals = [isLast ? undefined : this.#interrupted, signal].filter((one) => one !== undefined);
    const answer = await fetch(`${url}${path}`, {
      method: verb,
      headers: { authorization: `Bearer ${token}`, ...(ref !== undefined && { 'x-zitadel-orgid': ref }), ...headers },
      // Following a redirect would send the token to another server.
      redirect: 'manual',
      signal: AbortSignal.any(signals),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((caught: unknown) => {
      this.#interrupted.throwIfAborted();
      throw unreachable(this.address, caught);
    });
    if (answer.ok) return answer;
    throw failureOfAnswer(this.address, answer, parsed(await answer.text().catch(() => '')));
  }

  #throwBrokenOff(cause: unknown): never {
    this.#interrupted.throwIfAborted();
    const advice = 'Run the same command again: nothing is done twice.';
    throw new Failure(EXIT.tryAgain, `The answer of ${this.address.url} broke off. ${advice}`, { cause });
  }

  #unexpectedAnswer({ route }: ApiRequest): Failure {
    const what = printable(route.split('?')[0] ?? route);
    return new Failure(
      EXIT.store,
      `${this.address.url} did not answer ${what} like a login-policy API. Check the URL and the version of the server.`,
    );
  }
}

function notInAHeader(id: string): Failure {
  const advice = 'Use the store instead: --store URL.';
  return new Failure(
    EXIT.usage,
    `Over the API an id must be visible ASCII, not ${printable(JSON.stringify(id))}. ${advice}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
