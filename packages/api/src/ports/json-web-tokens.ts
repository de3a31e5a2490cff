import type * as jose from 'jose';
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions, JWTVerifyResult } from 'jose';
import { ApiError } from '../errors/api-error.js';
import { keysUnavailable } from '../errors/refusals.js';
import {
  aFunction,
  mustBe,
  nonEmptyString,
  numberBetween,
  optional,
  parseOptions,
  type OptionRules,
} from '@login-policy/event-sourcing/options';
import { bearerToken } from './bearer.js';
import type { Caller } from './caller.js';
import { endpointOf, memoizeOnSuccess } from './issuer.js';
import type { RequestHeaders } from './ports.js';

/** Which JSON web tokens are accepted, and which caller each token stands for, with keys found through the issuer. */
export interface OidcTokenOptions {
  /** The exact `iss` of the tokens. Its keys are found by OpenID Connect Discovery when the first token arrives. */
  readonly issuer: string;
  /** The audience that the token must contain. */
  readonly audience: string;
  /** Default: RS256, ES256 and EdDSA. Symmetric algorithms are never accepted. */
  readonly algorithms?: readonly string[];
  /** The clock tolerance for the times in a token. Default 5 seconds. */
  readonly clockToleranceSeconds?: number;
  /** Returns the caller for the claims of a valid token. Return `undefined` to reject the token. */
  readonly callerOf: (claims: JWTPayload) => Caller | undefined;
}

/** Which JSON web tokens are accepted, and which caller each token stands for. */
export interface JsonWebTokenOptions extends OidcTokenOptions {
  /** The URL of the issuer's public keys, or a key set of `jose`. */
  readonly keys: URL | JWTVerifyGetKey;
}

/** Loaded on demand: it takes a tenth of the API's import time, and not every program needs it. */
type Jose = typeof jose;

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

const OPTIONS: OptionRules<OidcTokenOptions> = {
  issuer: nonEmptyString,
  audience: nonEmptyString,
  algorithms: optional(
    mustBe(
      `a list of asymmetric algorithms like ${JSON.stringify(ALGORITHMS)}`,
      (value) => Array.isArray(value) && value.length > 0 && value.every(isAsymmetric),
    ),
  ),
  clockToleranceSeconds: optional(numberBetween(0, 3600)),
  callerOf: aFunction,
};

/** A `URL` object of another realm is refused, because it can't be told from any other object. */
const aKeySet = mustBe('a URL, or a key set of jose', (value) => value instanceof URL || typeof value === 'function');

function isAsymmetric(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && !/^(HS|none)/i.test(name);
}

/**
 * Authenticates callers by signed tokens. Signature, issuer, audience and expiry are checked; a token without an expiry
 * is refused.
 *
 * @throws RangeError that names an unknown or malformed option, such as a symmetric algorithm or `none`.
 */
export function jsonWebTokens(given: JsonWebTokenOptions): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const options = parseOptions(given, 'jsonWebTokens', { ...OPTIONS, keys: aKeySet });
  const { keys } = options;
  return signedTokens(options, async ({ createRemoteJWKSet }) =>
    keys instanceof URL ? createRemoteJWKSet(keys) : keys,
  );
}

/**
 * Like {@link jsonWebTokens}, with keys found through the issuer's discovery document. While the issuer is not
 * available, tokens can't be checked: 503.
 *
 * @throws RangeError for an issuer that is not an https URL, and as {@link jsonWebTokens} does.
 */
export function oidcTokens(given: OidcTokenOptions): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const options = parseOptions(given, 'oidcTokens', OPTIONS);
  const jwksUri = endpointOf(options.issuer, 'jwks_uri');
  return signedTokens(options, async ({ createRemoteJWKSet }) => createRemoteJWKSet(await jwksUri()));
}

function signedTokens(
  options: OidcTokenOptions,
  keysBy: (loaded: Jose) => Promise<JWTVerifyGetKey>,
): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const algorithms = [...(options.algorithms ?? ALGORITHMS)];
  const checks = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms,
    clockTolerance: options.clockToleranceSeconds ?? 5,
    requiredClaims: ['exp', 'sub'],
  };
  const verifier = memoizeOnSuccess(async () => {
    const loaded = await import('jose');
    const keys = withFetchErrorsAsUnavailable(loaded, await keysBy(loaded));
    return (token: string) => verifyWithEach(token, keys, { loaded, checks });
  });
  return async (headers) => {
    const token = bearerToken(headers);
    if (token === undefined) return undefined;
    const verify = await verifier();
    const claims = await verified(() => verify(token));
    return claims === undefined ? undefined : options.callerOf(claims);
  };
}

/**
 * During a key rotation, several keys may match a token without a key id. Each is tried, because only the signature
 * decides.
 */
async function verifyWithEach(
  token: string,
  keys: JWTVerifyGetKey,
  { checks, loaded: { errors, jwtVerify } }: { readonly checks: JWTVerifyOptions; readonly loaded: Jose },
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, checks);
  } catch (caught) {
    if (!(caught instanceof errors.JWKSMultipleMatchingKeys)) throw caught;
    for await (const key of caught) {
      try {
        return await jwtVerify(token, key, checks);
      } catch (refused) {
        if (!(refused instanceof errors.JWSSignatureVerificationFailed)) throw refused;
      }
    }
    throw caught;
  }
}

/**
 * The claims of a valid token; `undefined` for an invalid one. Unavailable keys say nothing about the token, so that
 * error is rethrown.
 */
async function verified(verify: () => Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload | undefined> {
  try {
    return (await verify()).payload;
  } catch (caught) {
    if (caught instanceof ApiError) throw caught;
    return undefined;
  }
}

/** The same keys. A failure to fetch them becomes a 503, so that it is not taken for an invalid token. */
function withFetchErrorsAsUnavailable(loaded: Jose, keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (caught) {
      throw isAboutToken(loaded, caught) ? caught : keysUnavailable(caught);
    }
  };
}

function isAboutToken({ errors }: Jose, caught: unknown): boolean {
  // Only this key is bad: it can't be imported, for example because its point is not on the curve. The issuer is
  // available, so the token is refused: 401.
  if (caught instanceof DOMException && caught.name === 'DataError') return true;
  if (!(caught instanceof errors.JOSEError)) return false;
  // The generic code: the issuer's answer is not a 200, or not JSON.
  return (
    !(caught instanceof errors.JWKSTimeout || caught instanceof errors.JWKSInvalid) &&
    caught.code !== 'ERR_JOSE_GENERIC'
  );
}
