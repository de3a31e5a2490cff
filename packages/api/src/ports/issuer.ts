import { keysUnavailable } from '../errors/refusals.js';

/** The longest wait for an answer of an issuer. */
const ANSWER_MS = 5000;
const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Sends a request to an issuer and parses its JSON.
 *
 * @throws ApiError when the issuer is not available, or the answer is not a JSON object.
 */
export async function askIssuer(url: URL, request: RequestInit = {}): Promise<Readonly<Record<string, unknown>>> {
  try {
    const answer = await fetch(url, { redirect: 'error', ...request, signal: AbortSignal.timeout(ANSWER_MS) });
    const json: unknown = answer.ok ? await answer.json() : undefined;
    if (typeof json === 'object' && json !== null) return { ...json };
    throw new Error(`${url.href} answered ${answer.status}, and no object of JSON`);
  } catch (caught) {
    throw keysUnavailable(caught);
  }
}

/**
 * Makes a function that reads an issuer's discovery document and returns an endpoint that it names.
 *
 * @throws RangeError for an issuer that is not an https URL.
 */
export function endpointOf(issuer: string, name: 'jwks_uri' | 'introspection_endpoint'): () => Promise<URL> {
  const discoveryUrl = secureUrl(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, 'issuer');
  return async () => {
    const { issuer: named, [name]: endpoint } = await askIssuer(discoveryUrl);
    try {
      // Otherwise a server could answer for another issuer and pass its own tokens off as that issuer's.
      if (named !== issuer)
        throw new Error(`${discoveryUrl.href} must name the issuer ${issuer}, not ${String(named)}`);
      return secureUrl(String(endpoint), name);
    } catch (caught) {
      throw keysUnavailable(caught);
    }
  };
}

/** Parses a URL. It must be https, except on this machine: http answers could be forged. @throws RangeError */
export function secureUrl(text: string, name: string): URL {
  try {
    const url = new URL(text);
    if (url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL.includes(url.hostname))) return url;
  } catch {
    // Reported below.
  }
  throw new RangeError(`${name} must be an https URL, not ${text.slice(0, 200)}`);
}

/** Shares one call among concurrent callers, and caches its result for a time, unless it failed. */
export function memoizeOnSuccess<Value>(find: () => Promise<Value>, keptMs: number = Infinity): () => Promise<Value> {
  let finding: Promise<Value> | undefined;
  let until = Infinity;
  return () => {
    const now = performance.now();
    if (finding !== undefined && now < until) return finding;
    until = now + keptMs;
    finding = find().catch((caught: unknown) => {
      finding = undefined;
      throw caught;
    });
    return finding;
  };
}
