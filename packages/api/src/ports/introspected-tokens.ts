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

/** Whom the issuer is asked as, and whom its tokens stand for. */
export interface IntrospectionOptions {
  /** Where its discovery says that the endpoint is; or give `endpoint`. */
  readonly issuer?: string;
  /** Where the issuer tells what a token is good for (RFC 7662). */
  readonly endpoint?: URL;
  /** The API's own name and secret at the issuer, sent as `client_secret_basic`. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** The audience that has to be among the token's. Left out: the issuer's word that the token is active is enough. */
  readonly audience?: string;
  /**
   * For how long the issuer's word is taken again without asking: so long is a token good that it has revoked. Default 0: every
   * request asks.
   */
  readonly keptMs?: number;
  /** Whom an active token stands for; `undefined` for nobody. */
  readonly callerOf: (claims: IssuerMetadata) => Caller | undefined;
}

/** Without `audience` the tokens of every program of the issuer count: a lost value must not come to that. */
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
/** A clock that differs by as much is not a token that is past. */
const TOLERANCE_MS = 5000;

/**
 * Recognises callers by tokens that only their issuer can read, by asking it: as ZITADEL's own are by default. While it is out
 * of reach, tokens can't be checked: 503. Each token of a stranger is one question.
 *
 * @throws RangeError when the address is not an https URL, or naming an option that is unknown or malformed.
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

/** As RFC 6749 (2.3.1) has names and secrets. */
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
