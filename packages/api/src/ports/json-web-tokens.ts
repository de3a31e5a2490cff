import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions, JWTVerifyResult } from 'jose';
import { ApiError } from '../errors/api-error.js';
import { keysUnavailable } from '../errors/refusals.js';
import { type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import { bearerToken } from './bearer.js';
import type { Caller } from './caller.js';
import { fetchedKeys, givenKeys, type Jose, type Reload, type ReloadableKeys } from './fetched-keys.js';
import { endpointOf, memoizeOnSuccess, secureUrl } from './issuer.js';
import type { RequestHeaders } from './ports.js';

/** The options of {@link oidcTokens}. */
export interface OidcTokenOptions {
  /** The exact `iss` of the tokens. `oidcTokens` finds its keys by OpenID Connect Discovery each time it fetches them. */
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

/** The options of {@link jsonWebTokens}. */
export interface JsonWebTokenOptions extends OidcTokenOptions {
  /** The URL of the issuer's public keys, or a key set of `jose`. */
  readonly keys: URL | JWTVerifyGetKey;
}

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

const OPTIONS: OptionRules<OidcTokenOptions> = {
  issuer: rule.nonEmptyString,
  audience: rule.nonEmptyString,
  algorithms: rule.optional(
    rule.mustBe(
      `a list of asymmetric algorithms like ${JSON.stringify(ALGORITHMS)}`,
      (value) => Array.isArray(value) && value.length > 0 && value.every(isAsymmetric),
    ),
  ),
  clockToleranceSeconds: rule.optional(rule.numberBetween(0, 3600)),
  callerOf: rule.aFunction,
};

/**
 * The rule of the option `keys`. A `URL` object of another JavaScript realm (`vm`) is refused: `instanceof` is false
 * for it.
 */
const aKeySet = rule.mustBe(
  'a URL, or a key set of jose',
  (value) => value instanceof URL || typeof value === 'function',
);

function isAsymmetric(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && !/^(HS|none)/i.test(name);
}

/**
 * Returns a function that authenticates callers by signed tokens. It checks signature, issuer, audience and expiry, and
 * rejects a token without an expiry (`exp`) or a subject (`sub`).
 *
 * @throws RangeError that names an unknown or malformed option, such as a symmetric algorithm, `none`, or keys at a URL
 *   that is not https.
 */
export function jsonWebTokens(given: JsonWebTokenOptions): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const options = parseOptions(given, 'jsonWebTokens', { ...OPTIONS, keys: aKeySet });
  const { keys } = options;
  if (!(keys instanceof URL)) return authenticatorFor(options, () => givenKeys(keys));
  const url = secureUrl(keys.href, 'keys');
  return authenticatorFor(options, (library) => fetchedKeys(library, async () => url));
}

/**
 * Like {@link jsonWebTokens}, but finds the keys in the issuer's discovery document. While the issuer is not available,
 * requests are answered with 503.
 *
 * @throws RangeError for an issuer that is not an https URL, and as {@link jsonWebTokens} does.
 */
export function oidcTokens(given: OidcTokenOptions): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const options = parseOptions(given, 'oidcTokens', OPTIONS);
  const jwksUri = endpointOf(options.issuer, 'jwks_uri');
  return authenticatorFor(options, (library) => fetchedKeys(library, jwksUri));
}

/** The function that `jsonWebTokens` and `oidcTokens` return. `jose` is loaded on the first request with a token. */
function authenticatorFor(
  options: OidcTokenOptions,
  keysOf: (library: Jose) => ReloadableKeys,
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
    const library = await import('jose');
    const { reload, ...loaded } = keysOf(library);
    const keys = withFetchErrorsAsUnavailable(library, loaded.keys);
    const verify = (token: string): Promise<JWTVerifyResult> => verifyWithEach(token, keys, { library, checks });
    return (token: string) =>
      verify(token).catch((caught: unknown) => afterReload(library, reload, caught).then(() => verify(token)));
  });
  return async (headers) => {
    const token = bearerToken(headers);
    if (token === undefined) return undefined;
    const verify = await verifier();
    const claims = await claimsOf(() => verify(token));
    return claims === undefined ? undefined : options.callerOf(claims);
  };
}

/** Verifies a token. During a key rotation, several keys may match a token without a key id, so each is tried. */
async function verifyWithEach(
  token: string,
  keys: JWTVerifyGetKey,
  { checks, library: { errors, jwtVerify } }: { readonly checks: JWTVerifyOptions; readonly library: Jose },
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, checks);
  } catch (caught) {
    if (!(caught instanceof errors.JWKSMultipleMatchingKeys)) throw caught;
    for await (const key of caught) {
      try {
        return await jwtVerify(token, key, checks);
      } catch (refused) {
        // A failed signature, or an error that is not jose's (such as for a key that is too short), concerns only this
        // key.
        const concernsKey =
          refused instanceof errors.JWSSignatureVerificationFailed || !(refused instanceof errors.JOSEError);
        if (!concernsKey) throw refused;
      }
    }
    throw caught;
  }
}

/**
 * Fetches the keys again after a token matched none of them: the issuer may have rotated its keys, with new key ids
 * (`kid`) or without.
 *
 * @throws the caught error, if it is not about an unmatched key, or the keys are not fetched.
 * @throws ApiError when the keys are not available.
 */
async function afterReload({ errors }: Jose, reload: Reload, caught: unknown): Promise<void> {
  const isUnmatched =
    caught instanceof errors.JWKSNoMatchingKey ||
    caught instanceof errors.JWSSignatureVerificationFailed ||
    caught instanceof errors.JWKSMultipleMatchingKeys;
  if (!isUnmatched || !(await reload())) throw caught;
}

/** The claims of a valid token; `undefined` for an invalid one. @throws ApiError when the keys are not available */
async function claimsOf(verify: () => Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload | undefined> {
  try {
    return (await verify()).payload;
  } catch (caught) {
    if (caught instanceof ApiError) throw caught;
    return undefined;
  }
}

/** Wraps a key set. A failure to fetch the keys becomes a 503 instead of an invalid token. */
function withFetchErrorsAsUnavailable(library: Jose, keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (caught) {
      throw isTokenError(library, caught) ? caught : keysUnavailable(caught);
    }
  };
}

/** Whether the token is at fault, which is answered with 401. Otherwise the keys could not be fetched. */
function isTokenError({ errors }: Jose, caught: unknown): boolean {
  // The issuer has answered, but the key that the token names can't be imported, for example because its point is not
  // on the curve.
  if (caught instanceof DOMException && caught.name === 'DataError') return true;
  if (!(caught instanceof errors.JOSEError)) return false;
  // The generic code means that the issuer's answer is not a 200, or not JSON.
  return (
    !(caught instanceof errors.JWKSTimeout || caught instanceof errors.JWKSInvalid) &&
    caught.code !== 'ERR_JOSE_GENERIC'
  );
}
