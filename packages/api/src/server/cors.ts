import type { OutgoingHttpHeaders } from 'node:http';
import type { ApiRequest } from '../ports/ports.js';

/** The web pages that may call the API: of any origin, of the listed ones, or of those a function accepts. */
export type AllowedOrigins = 'any' | readonly string[] | ((origin: string) => boolean);

const EXPOSED =
  'grpc-status, grpc-message, grpc-status-details-bin, etag, login-policy-position, login-policy-seen, x-request-id, www-authenticate';
const PREFLIGHT_CACHE_SECONDS = '7200';

/** Whether pages of an origin may call: only `true` permits. */
export function isAllowedOrigin(origins: AllowedOrigins, origin: string | undefined): boolean {
  if (origin === undefined) return false;
  if (origins === 'any') return true;
  const answer: unknown = typeof origins === 'function' ? origins(origin) : origins.includes(origin);
  return answer === true;
}

/** A request that may come from a web page. */
interface CorsRequest extends ApiRequest {
  readonly settings: { readonly origins: AllowedOrigins };
  readonly isOriginAllowed: boolean;
}

/**
 * The CORS headers of an answer; none for callers that are not pages. They grant no access: every call carries a token
 * and cookies are never read, so credentials are not allowed.
 */
export function corsHeaders(request: CorsRequest): OutgoingHttpHeaders {
  const origin = request.get('origin');
  if (origin === undefined) return {};
  const exposed = { 'access-control-expose-headers': EXPOSED };
  if (request.settings.origins === 'any') return { 'access-control-allow-origin': '*', ...exposed };
  return { vary: 'origin', ...(request.isOriginAllowed && { 'access-control-allow-origin': origin, ...exposed }) };
}

/** The answer to a browser's preflight request; `undefined` for any other request. */
export function preflight(request: CorsRequest): OutgoingHttpHeaders | undefined {
  if (request.verb !== 'OPTIONS' || request.get('access-control-request-method') === undefined) return undefined;
  const headers = corsHeaders(request);
  if (headers['access-control-allow-origin'] === undefined) return headers;
  return {
    ...headers,
    'access-control-allow-methods': 'GET, POST, PUT, DELETE',
    'access-control-allow-headers': request.get('access-control-request-headers') ?? '*',
    'access-control-max-age': PREFLIGHT_CACHE_SECONDS,
  };
}
