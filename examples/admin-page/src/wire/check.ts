import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { send } from './request.js';
import { headersOf, organization, pathOf } from './scope.js';

/** A user's factors, and what they have just verified. */
export interface Claim {
  readonly hasPassword: boolean;
  /** The factors they have set up, as in histories. */
  readonly factors: readonly string[];
  readonly identityProviders: readonly string[];
  /** `password`, `passkey`, the name of a second factor, or an identity provider after `idp `. */
  readonly verified: readonly string[];
  /** How long ago they were verified, in ISO 8601. */
  readonly age: string;
  /** A past instant in ISO 8601; empty for now. */
  readonly at: string;
}

/** The evaluation of a sign-in, and the policy used. */
export interface Verdict {
  readonly outcome: string;
  /** The message to the user. */
  readonly sentence: string;
  /** The methods and factors that would suffice, or could be set up. */
  readonly options: readonly string[];
  readonly offerSetUp: readonly string[];
  readonly level: string | undefined;
  /** Why the user can't sign in at all. */
  readonly reason: string | undefined;
  /** The first later instant at which the answer differs. */
  readonly validUntil: string | undefined;
  /** When it was evaluated. */
  readonly at: string;
  readonly isDefault: boolean;
}

/** Asks the server to evaluate a sign-in. */
export async function readVerdict(organizationId: string, claim: Claim): Promise<Verdict> {
  const scope = organization(organizationId);
  const path = `${pathOf(scope)}/_evaluate_sign_in`;
  const answer = objectOf(
    await send({ verb: 'POST', path, headers: headersOf(scope), body: attemptOf(claim) }),
    'the verdict',
  );
  return {
    outcome: textOf(answer['outcome'], 'outcome'),
    sentence: textOf(answer['sentence'], 'sentence'),
    options: listOf(answer['options'], 'options', optionName),
    offerSetUp: listOf(answer['offerSetUp'], 'offerSetUp', optionName),
    level: optionalText(answer['level'], 'level'),
    reason: optionalText(answer['reason'], 'reason'),
    validUntil: optionalText(answer['validUntil'], 'validUntil'),
    at: textOf(answer['at'], 'at'),
    isDefault: answer['isDefault'] === true,
  };
}

const IDP = 'idp ';

/** The server decides when that was: the clock of a browser may differ from its own. */
function attemptOf({ hasPassword, factors, identityProviders, verified, age, at }: Claim): JsonObject {
  const then = { ago: age };
  const isShown = (name: string): boolean => verified.includes(name);
  const provider = verified.find((name) => name.startsWith(IDP))?.slice(IDP.length);
  return {
    user: { hasPassword, factors, identityProviders },
    session: {
      ...(isShown('password') && { password: then }),
      ...(isShown('passkey') && { passkey: { at: then, isUserVerified: true } }),
      ...(provider !== undefined && { externalLogin: { identityProvider: provider, at: then } }),
      secondFactors: factors.filter(isShown).map((factor) => ({ factor, at: then })),
    },
    request: { startedAt: then },
    ...(at !== '' && { at }),
  };
}

function optionName(value: unknown): string {
  const option = objectOf(value, 'an option');
  return (
    optionalText(option['factor'], 'factor') ??
    optionalText(option['identityProvider'], 'identityProvider') ??
    textOf(option['method'], 'method')
  );
}
