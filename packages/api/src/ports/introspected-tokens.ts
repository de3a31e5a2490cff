import { hash } from 'node:crypto';
import { type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import { bearerToken } from './bearer.js';
import type { Caller } from './caller.js';
import { askIssuer, endpointOf, memoizeOnSuccess, secureUrl } from './issuer.js';
import type { RequestHeaders } from './ports.js';

/** An issuer's answer to an introspection request (RFC 7662, section 2.2): `active` and other facts about the token. */
export type IntrospectionResponse = Readonly<Record<string, unknown>>;

/** The options of {@link introspectedTokens}. */
export interface IntrospectionOptions {
  /** The issuer. Its discovery document names the endpoint, unless `endpoint` is set. */
  readonly issuer?: string;
  /** The introspection endpoint (RFC 7662). */
  readonly endpoint?: URL;
  /** The API's client id and secret at the issuer, sent as `client_secret_basic`. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** The audience that the token must contain. If absent, any active token is accepted. */
  readonly audience?: string;
  /**
   * How long an issuer's answer about an active token is cached, in milliseconds. A revoked token is accepted for that
   * long. Default 0: the issuer is asked on every request.
   */
  readonly cacheMs?: number;
  /** Returns the caller of an active token. Return `undefined` to reject the token. */
  readonly callerOf: (claims: IntrospectionResponse) => Caller | undefined;
}

const OPTIONS: OptionRules<IntrospectionOptions> = {
  issuer: rule.optional(rule.nonEmptyString),
  endpoint: rule.optional(rule.mustBe('a URL', (value) => value instanceof URL)),
  clientId: rule.nonEmptyString,
  clientSecret: rule.nonEmptyString,
  // May be left out, but not be `undefined`. Otherwise an unset environment variable would make the API accept the
  // tokens of every program of the issuer.
  audience: rule.leftOutOr(rule.nonEmptyString),
  cacheMs: rule.optional(rule.numberBetween(0, rule.LONGEST_TIMER_MS)),
  callerOf: rule.aFunction,
};

/** A cached answer about an active token. */
interface Cached {
  readonly claims: IntrospectionResponse;
  /** When it expires, by `performance.now()`. */
  readonly until: number;
}

/** The most cached answers. */
const MAX_CACHED = 10_000;
/** How long a discovered endpoint is used, as long as `jose` caches keys. */
const ENDPOINT_KEPT_MS = 600_000;
/** The clock tolerance for the times in a token. */
const TOLERANCE_MS = 5000;

/**
 * Returns a function that authenticates callers by opaque tokens, as ZITADEL issues by default. It asks the issuer
 * about each token that is not cached. Inactive tokens are never cached. While the issuer is not available, requests
 * are answered with 503.
 *
 * @throws RangeError when the endpoint is not an https URL, or that names an unknown or malformed option.
 */
export function introspectedTokens(
  given: IntrospectionOptions,
): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const options = parseOptions(given, 'introspectedTokens', OPTIONS);
  let endpoint = introspectionEndpoint(options);
  const { audience, callerOf, clientId, clientSecret, cacheMs = 0 } = options;
  const credentials = [clientId, clientSecret].map(formEncoded).join(':');
  const headers = { accept: 'application/json', authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  const cache = new Map<string, Cached>();
  const introspect = async (token: string): Promise<IntrospectionResponse> => {
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' });
    const url = await endpoint();
    return askIssuer(url, { method: 'POST', headers, body }).catch((caught: unknown) => {
      // The issuer may have moved it.
      endpoint = introspectionEndpoint(options);
      throw caught;
    });
  };
  const claimsOf = async (token: string): Promise<IntrospectionResponse> => {
    const [key, now] = [hash('sha256', token, 'base64'), performance.now()];
    const cached = cache.get(key);
    if (cached !== undefined && cached.until > now) return cached.claims;
    const claims = await introspect(token);
    // A `Map` keeps the order of insertion: without this, an answer that is cached again would stay among the oldest.
    cache.delete(key);
    if (cacheMs === 0 || claims['active'] !== true) return claims;
    const [oldest] = cache.keys();
    if (oldest !== undefined && cache.size >= MAX_CACHED) cache.delete(oldest);
    cache.set(key, { claims, until: now + cacheMs });
    return claims;
  };
  return async (request) => {
    const token = bearerToken(request);
    if (token === undefined) return undefined;
    const claims = await claimsOf(token);
    return isAccepted(claims, audience) ? callerOf(claims) : undefined;
  };
}

/** Encodes client ids and secrets as RFC 6749 (2.3.1) requires. */
function formEncoded(text: string): string {
  return String(new URLSearchParams({ '': text })).slice(1); // Without the `=` after the empty name.
}

/** The endpoint: the one given, or that of the issuer's discovery document. @throws RangeError when both are absent */
function introspectionEndpoint({ endpoint, issuer }: IntrospectionOptions): () => Promise<URL> {
  if (endpoint === undefined) {
    if (issuer === undefined) throw new RangeError('introspectedTokens needs an issuer or an endpoint');
    return memoizeOnSuccess(endpointOf(issuer, 'introspection_endpoint'), ENDPOINT_KEPT_MS);
  }
  const url = secureUrl(endpoint.href, 'endpoint');
  return () => Promise.resolve(url);
}

/** Whether the token is active, within its times, and for the audience. */
function isAccepted({ active, aud, exp, nbf }: IntrospectionResponse, audience: string | undefined): boolean {
  const now = Date.now();
  if (active !== true) return false;
  // Written so that a time which is not a number is rejected.
  if (exp !== undefined && !(Number(exp) * 1000 > now - TOLERANCE_MS)) return false;
  if (nbf !== undefined && !(Number(nbf) * 1000 <= now + TOLERANCE_MS)) return false;
  return audience === undefined || [aud].flat().includes(audience);
}
