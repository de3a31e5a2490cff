import { keysUnavailable } from '../errors/refusals.js';

const PATIENCE_MS = 5000;
const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** What an issuer says of itself (OpenID Connect Discovery). */
export type IssuerMetadata = Readonly<Record<string, unknown>>;

/** Asks an issuer and reads the JSON that it answers. @throws ApiError when it is out of reach, or answers something else */
export async function askIssuer(url: URL, request: RequestInit = {}): Promise<IssuerMetadata> {
  try {
    const answer = await fetch(url, { redirect: 'error', ...request, signal: AbortSignal.timeout(PATIENCE_MS) });
    const json: unknown = answer.ok ? await answer.json() : undefined;
    if (typeof json === 'object' && json !== null) return { ...json };
    throw new Error(`${url.href} answered ${answer.status}, and no object of JSON`);
  } catch (caught) {
    throw keysUnavailable(caught);
  }
}

/**
 * Gives what finds out where an issuer has something: asked once, when it is first needed, and again after a failure.
 *
 * @throws RangeError for an issuer that is not an address of https.
 */
export function endpointOf(issuer: string, name: 'jwks_uri' | 'introspection_endpoint'): () => Promise<URL> {
  const place = secureUrl(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, 'issuer');
  return keptOnceFound(async () => {
    const metadata = await askIssuer(place);
    const { issuer: named, [name]: endpoint } = metadata;
    try {
      // A server that answers for another issuer could pass its own tokens off as that issuer's.
      if (named !== issuer) throw new Error(`${place.href} speaks of the issuer ${String(named)}`);
      return secureUrl(String(endpoint), name);
    } catch (caught) {
      throw keysUnavailable(caught);
    }
  });
}

/** An address whose answers nobody on the way can change. @throws RangeError */
export function secureUrl(text: string, name: string): URL {
  try {
    const url = new URL(text);
    if (url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL.includes(url.hostname))) return url;
  } catch {
    // Said below.
  }
  throw new RangeError(`${name} must be an address of https, not ${text.slice(0, 200)}`);
}

/** The same, found once for all who ask at a time, and kept unless it failed. */
export function keptOnceFound<Value>(find: () => Promise<Value>): () => Promise<Value> {
  let finding: Promise<Value> | undefined;
  return () => {
    finding ??= find().catch((caught: unknown) => {
      finding = undefined;
      throw caught;
    });
    return finding;
  };
}
