import { hash } from 'node:crypto';
import {
  aFunction,
  leftOutOr,
  LONGEST_TIMER_MS,
  mustBe,
  nonEmptyString,
  numberBetween,
  optional,
  parseOptions,
  type OptionRules,
} from '@login-policy/event-sourcing/options';
import { bearerToken } from './bearer.js';
import type { Caller } from './caller.js';
import { askIssuer, endpointOf, secureUrl, type IssuerMetadata } from './issuer.js';
import type { RequestHeaders } from './ports.js';

/** The options of token introspection. */
export interface IntrospectionOptions {
  /** The issuer, whose discovery document names the endpoint. Or give `endpoint`. */
  readonly issuer?: string;
  /** The introspection endpoint (RFC 7662). */
  readonly endpoint?: URL;
  /** The API's client id and secret at the issuer, sent as `client_secret_basic`. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** The audience that the token must contain. Left out: any active token is accepted. */
  readonly audience?: string;
  /**
   * How long an answer of the issuer is cached: a revoked token is accepted for that long. Default 0: every request
   * asks.
   */
  readonly keptMs?: number;
  /** The caller of an active token; `undefined` for none. */
  readonly callerOf: (claims: IssuerMetadata) => Caller | undefined;
}

/** Without `audience`, tokens for every program of the issuer are accepted. A lost value must not have that effect. */
const OPTIONS: OptionRules<IntrospectionOptions> = {
  issuer: optional(nonEmptyString),
  endpoint: optional(mustBe('a URL', (value) => value instanceof URL)),
  clientId: nonEmptyString,
  clientSecret: nonEmptyString,
  audience: leftOutOr(nonEmptyString),
  keptMs: optional(numberBetween(0, LONGEST_TIMER_MS)),
  callerOf: aFunction,
};

interface Kept {
  readonly claims: IssuerMetadata;
  readonly until: number;
}

const MOST_KEPT = 10_000;
/** The clock tolerance for the times in a token. */
const TOLERANCE_MS = 5000;

/**
 * Authenticates callers by opaque tokens, which it asks the issuer about. ZITADEL's tokens are opaque by default. While
 * the issuer is not available, tokens can't be checked: 503. Each unknown token causes one request.
 *
 * @throws RangeError when the endpoint is not an https URL, or that names an unknown or malformed option.
 */
export function introspectedTokens(
  given: IntrospectionOptions,
): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const options = parseOptions(given, 'introspectedTokens', OPTIONS);
  const place = placeOf(options);
  const { audience, callerOf, clientId, clientSecret, keptMs = 0 } = options;
  const credentials = [clientId, clientSecret].map(formEncoded).join(':');
  const headers = { accept: 'application/json', authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  const kept = new Map<string, Kept>();
  const ask = async (token: string): Promise<IssuerMetadata> => {
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' });
    return askIssuer(await place(), { method: 'POST', headers, body });
  };
  const claimsOf = async (token: string): Promise<IssuerMetadata> => {
    const [key, now] = [hash('sha256', token, 'base64'), performance.now()];
    const known = kept.get(key);
    if (known !== undefined && known.until > now) return known.claims;
    const claims = await ask(token);
    kept.delete(key);
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size >= MOST_KEPT) kept.delete(oldest);
    if (keptMs > 0 && claims['active'] === true) kept.set(key, { claims, until: now + keptMs });
    return claims;
  };
  return async (request) => {
    const token = bearerToken(request);
    if (token === undefined) return undefined;
    const claims = await claimsOf(token);
    return isGood(claims, audience) ? callerOf(claims) : undefined;
  };
}

/** Encodes client ids and secrets as RFC 6749 (2.3.1) requires. */
function formEncoded(text: string): string {
  return String(new URLSearchParams({ '': text })).slice(1);
}

function placeOf({ endpoint, issuer }: IntrospectionOptions): () => Promise<URL> {
  if (endpoint === undefined && issuer !== undefined) return endpointOf(issuer, 'introspection_endpoint');
  const place = secureUrl(String(endpoint), 'endpoint');
  return () => Promise.resolve(place);
}

function isGood({ active, aud, exp, nbf }: IssuerMetadata, audience: string | undefined): boolean {
  const now = Date.now();
  if (active !== true) return false;
  if (exp !== undefined && !(Number(exp) * 1000 > now - TOLERANCE_MS)) return false;
  if (nbf !== undefined && !(Number(nbf) * 1000 <= now + TOLERANCE_MS)) return false;
  return audience === undefined || [aud].flat().includes(audience);
}
