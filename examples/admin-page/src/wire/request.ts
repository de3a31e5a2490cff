import { Refused, Unreachable, refusalOf } from './failure.js';
import { jsonOf } from './json.js';
import { notePosition } from './seen.js';

/** A request to the server of this page. */
export interface Request {
  readonly verb: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Starts with `/`; includes the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** After this silence the server counts as unreachable. Default: 10 s. */
  readonly timeoutMs?: number;
}

const SIGNED_OUT = 401;
const TIMEOUT_MS = 10_000;

let tellSignedOut: () => void = () => {};

/** Sets the callback for the end of a session. */
export function onSignedOut(told: () => void): void {
  tellSignedOut = told;
}

/**
 * Sends a request, and returns the JSON of the answer; `undefined` for an empty one.
 *
 * @throws Refused when the server refused, Unreachable when it did not answer.
 */
export async function send(request: Request): Promise<unknown> {
  return (await sendFor(request)).json;
}

/** An answer with what it depended on. */
export interface Sent {
  readonly json: unknown;
  /** For `login-policy-if-seen`. */
  readonly seen: string | undefined;
  /** For `if-match`. */
  readonly tag: string | undefined;
}

/** Like {@link send}, with what the answer depended on. */
export async function sendFor(request: Request): Promise<Sent> {
  const { response, text } = await reach(request);
  notePosition(response.headers.get('login-policy-position'));
  const [seen, tag] = ['login-policy-seen', 'etag'].map((name) => response.headers.get(name) ?? undefined);
  if (response.ok) return { json: text === '' ? undefined : jsonOf(text), seen, tag };
  throw refusalTo(request, response.status, text);
}

/** The refusal of a request. If the session has ended, calls the callback. */
export function refusalTo({ path }: Pick<Request, 'path'>, status: number, text: string): Refused {
  const refusal = refusalOf(status, text);
  // Without an id a proxy refused, which knows nothing of the session.
  if (status === SIGNED_OUT && refusal.id !== '' && !path.startsWith('/iam/v1/session')) tellSignedOut();
  return refusal;
}

interface Reached {
  readonly response: Response;
  readonly text: string;
}

async function reach({ verb, path, headers, body, signal, timeoutMs = TIMEOUT_MS }: Request): Promise<Reached> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(path, {
      method: verb,
      headers: { accept: 'application/json', ...(body !== undefined && JSON_BODY), ...headers },
      credentials: 'same-origin',
      cache: 'no-store',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
    });
    return { response, text: await response.text() };
  } catch (caught) {
    if (signal?.aborted === true) throw caught;
    throw new Unreachable(caught, late.aborted ? 'silent' : 'away');
  }
}

const JSON_BODY = { 'content-type': 'application/json' };

/** The result of `read`; `undefined` when the server says that it does not exist. */
export async function orAbsent<Answer>(read: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await read;
  } catch (caught) {
    if (caught instanceof Refused && caught.status === 404 && caught.id !== '') return undefined;
    throw caught;
  }
}
