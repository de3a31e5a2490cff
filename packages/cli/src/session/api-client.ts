import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { plain } from '../output/plain.js';
import type { Shape } from './answers.js';
import { failureOfAnswer, notReached } from './api-failures.js';
import type { ApiPlace } from './api-place.js';
import type { PolicyRef } from './policies.js';

/** So long an answer that is not told in lines may take. Where a rollout stands is found out policy by policy, and may take longer. */
const PATIENCE_MS = 60_000;

/** What is asked of an API. */
export interface Asked {
  readonly verb?: 'GET' | 'POST';
  /** Behind `…/policies/login/`, of the service that the organization says; or from the root, with a slash. */
  readonly route: string;
  /** `undefined` for the default policy. */
  readonly of?: PolicyRef;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends it, beside Ctrl-C. */
  readonly signal?: AbortSignal;
  /** Whether it is asked also after Ctrl-C: what was done is to be told. */
  readonly isLast?: boolean;
}

/** Calls the API of a server under a token. What it refuses is thrown, with what to do. */
export class ApiClient {
  readonly place: ApiPlace;
  readonly #interrupted: AbortSignal;

  constructor(place: ApiPlace, interrupted: AbortSignal) {
    this.place = place;
    this.#interrupted = interrupted;
  }

  /** Asks for JSON of a shape. @throws Failure, Refused */
  async json<Json>(asked: Asked, shape: Shape<Json>): Promise<Json & object> {
    const patience = asked.isLast === true ? {} : { signal: AbortSignal.timeout(PATIENCE_MS) };
    const answer = await this.answer({ ...asked, ...patience });
    const json = parsed(await answer.text().catch((caught: unknown) => this.#broken(caught)));
    if (typeof json === 'object' && json !== null && shape(json)) return json;
    throw this.#strange(asked);
  }

  /** Asks for lines of JSON, and hands them on as they come. @throws Failure, Refused */
  async *lines(asked: Asked): AsyncGenerator<object, void, undefined> {
    const type = 'application/x-ndjson';
    const answer = await this.answer(asked);
    if (!(answer.headers.get('content-type') ?? '').startsWith(type)) throw this.#strange(asked);
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

  /** The parts of a text as they come. @throws Failure where it breaks off */
  async *texts({ body }: Response): AsyncGenerator<string, void, undefined> {
    if (body === null) return;
    try {
      yield* body.pipeThrough(new TextDecoderStream());
    } catch (caught) {
      this.#broken(caught);
    }
  }

  /** Asks, and answers with what is a success. @throws Failure, Refused */
  async answer({ body, headers, isLast = false, of, route, signal, verb = 'GET' }: Asked): Promise<Response> {
    const { token, url } = this.place;
    if (of !== undefined && !/^[\x21-\x7e]+$/.test(of)) throw notInAHeader(of);
    const service = of === undefined ? 'admin' : 'management';
    const path = route.startsWith('/') ? route : `/${service}/v1/policies/login/${route}`;
    const signals = [isLast ? undefined : this.#interrupted, signal].filter((one) => one !== undefined);
    const answer = await fetch(`${url}${path}`, {
      method: verb,
      headers: { authorization: `Bearer ${token}`, ...(of !== undefined && { 'x-zitadel-orgid': of }), ...headers },
      // Followed, a redirect would take the token along to where nobody sent it.
      redirect: 'manual',
      signal: AbortSignal.any(signals),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((caught: unknown) => {
      this.#interrupted.throwIfAborted();
      throw notReached(this.place, caught);
    });
    if (answer.ok) return answer;
    throw failureOfAnswer(this.place, answer, parsed(await answer.text().catch(() => '')));
  }

  #broken(cause: unknown): never {
    this.#interrupted.throwIfAborted();
    const advice = 'Give the same command again: what was done is not done twice.';
    throw new Failure(EXIT.tryAgain, `The answer of ${this.place.url} broke off. ${advice}`, { cause });
  }

  #strange({ route }: Asked): Failure {
    const what = plain(route.split('?')[0] ?? route);
    return new Failure(
      EXIT.store,
      `${this.place.url} answers ${what} in another way than the API of login-policy does. Is the URL right, and the server of this version?`,
    );
  }
}

function notInAHeader(id: string): Failure {
  const advice = 'Look at it and change it in the store: --store URL.';
  return new Failure(
    EXIT.usage,
    `Over the API an id is visible ASCII, and ${plain(JSON.stringify(id))} is not. ${advice}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
