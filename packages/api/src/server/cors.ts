import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestHeaders } from '../ports/ports.js';

/** From which web pages the API may be called: of any origin, of those listed, or of those that are found to be good. */
export type AllowedOrigins = 'any' | readonly string[] | ((origin: string) => boolean);

const EXPOSED =
  'grpc-status, grpc-message, grpc-status-details-bin, etag, login-policy-position, x-request-id, www-authenticate';
const KEPT_SECONDS = '7200';

/**
 * Answers browsers that ask which pages may call. Nothing is let in by it: every call carries a token, and no cookie is
 * ever looked at, so credentials are not allowed.
 */
export class Cors {
  readonly #origins: AllowedOrigins;

  constructor(origins: AllowedOrigins) {
    this.#origins = origins;
  }

  /** Puts into an answer what it says to the page that asked: nothing to callers that are no pages. */
  tell(request: RequestHeaders, headers: OutgoingHttpHeaders): void {
    const origin = request.get('origin');
    if (origin !== undefined) Object.assign(headers, this.#headers(origin));
  }

  /** What is answered to the question before a call; `undefined` when this is none. */
  preflight(verb: string, request: RequestHeaders): OutgoingHttpHeaders | undefined {
    if (verb !== 'OPTIONS' || request.get('access-control-request-method') === undefined) return undefined;
    const origin = request.get('origin');
    const headers = origin === undefined ? {} : this.#headers(origin);
    if (headers['access-control-allow-origin'] === undefined) return headers;
    return {
      ...headers,
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      'access-control-allow-headers': request.get('access-control-request-headers') ?? '*',
      'access-control-max-age': KEPT_SECONDS,
    };
  }

  #headers(origin: string): OutgoingHttpHeaders {
    const origins = this.#origins;
    const exposed = { 'access-control-expose-headers': EXPOSED };
    if (origins === 'any') return { 'access-control-allow-origin': '*', ...exposed };
    const isAllowed = typeof origins === 'function' ? origins(origin) : origins.includes(origin);
    return { vary: 'origin', ...(isAllowed && { 'access-control-allow-origin': origin, ...exposed }) };
  }
}
