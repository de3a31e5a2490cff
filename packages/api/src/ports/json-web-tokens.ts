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
import { endpointOf, keptOnceFound } from './issuer.js';
import type { RequestHeaders } from './ports.js';

/** Which JSON web tokens are good, and whom they stand for, where the issuer's keys are looked up by its name. */
export interface OidcTokenOptions {
  /** As tokens name it in `iss`, to the letter. Its keys are found by OpenID Connect Discovery, when the first token comes. */
  readonly issuer: string;
  /** The audience that has to be among the token's. */
  readonly audience: string;
  /** Default: RS256, ES256 and EdDSA. Symmetric ones are never taken. */
  readonly algorithms?: readonly string[];
  /** How far the issuer's clock may be off. Default 5 seconds. */
  readonly clockToleranceSeconds?: number;
  /** Whom the claims of a good token stand for; `undefined` for nobody. */
  readonly callerOf: (claims: JWTPayload) => Caller | undefined;
}

/** Which JSON web tokens are good, and whom they stand for. */
export interface JsonWebTokenOptions extends OidcTokenOptions {
  /** Where the issuer's public keys are, or a key set of `jose`. */
  readonly keys: URL | JWTVerifyGetKey;
}

/** It costs a tenth of the import of the API, which not everybody needs. */
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

/** A URL of another realm is not recognised here: it would be taken for a key set, and called as a function. */
const aKeySet = mustBe('a URL, or a key set of jose', (value) => value instanceof URL || typeof value === 'function');

function isAsymmetric(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && !/^(HS|none)/i.test(name);
}

/**
 * Recognises callers by signed tokens: signature, issuer, audience and expiry are checked, and a token that does not
 * expire is refused.
 *
 * @throws RangeError that names an option that is unknown or malformed, such as a symmetric algorithm or `none`.
 */
export function jsonWebTokens(given: JsonWebTokenOptions): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const options = parseOptions(given, 'jsonWebTokens', { ...OPTIONS, keys: aKeySet });
  const { keys } = options;
  return signedTokens(options, async ({ createRemoteJWKSet }) =>
    keys instanceof URL ? createRemoteJWKSet(keys) : keys,
  );
}

/**
 * The same for an issuer that says itself where its keys are. While it is out of reach, tokens can't be checked: 503.
 *
 * @throws RangeError for an issuer that is not an address of https, and as above.
 */
export function oidcTokens(given: OidcTokenOptions): (headers: RequestHeaders) => Promise<Caller | undefined> {
  const options = parseOptions(given, 'oidcTokens', OPTIONS);
  const place = endpointOf(options.issuer, 'jwks_uri');
  return signedTokens(options, async ({ createRemoteJWKSet }) => createRemoteJWKSet(await place()));
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
  const verifier = keptOnceFound(async () => {
    const loaded = await import('jose');
    const keys = reachable(loaded, await keysBy(loaded));
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

/** While an issuer changes keys, a token that names none may be of any that fits: only a signature tells. */
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

/** What is wrong with a token is the token's fault; that its key can't be had says nothing about it. */
async function verified(verify: () => Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload | undefined> {
  try {
    return (await verify()).payload;
  } catch (caught) {
    if (caught instanceof ApiError) throw caught;
    return undefined;
  }
}

/** The same keys; what keeps them out of reach is told from a token that names none of them. */
function reachable(loaded: Jose, keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (caught) {
      throw isAboutToken(loaded, caught) ? caught : keysUnavailable(caught);
    }
  };
}

function isAboutToken({ errors }: Jose, caught: unknown): boolean {
  // The issuer was asked; the key that the token names can't be read as one, such as a point that is not on its curve.
  if (caught instanceof DOMException && caught.name === 'DataError') return true;
  if (!(caught instanceof errors.JOSEError)) return false;
  return (
    !(caught instanceof errors.JWKSTimeout || caught instanceof errors.JWKSInvalid) &&
    caught.code !== 'ERR_JOSE_GENERIC'
  );
}
