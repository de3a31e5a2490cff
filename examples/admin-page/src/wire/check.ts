import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { send } from './request.js';
import { headersOf, pathOf, type Scope } from './scope.js';

/** A user's factors, and what they have verified. */
export interface Claim {
  readonly hasPassword: boolean;
  /** The factors they have set up, as in histories. */
  readonly factors: readonly string[];
  readonly identityProviders: readonly string[];
  /**
   * What they have verified, and how long ago, in ISO 8601: `password`, `passkey`, the name of a second factor, or an
   * identity provider after `idp `.
   */
  readonly shown: readonly (readonly [name: string, age: string])[];
  /** A past instant in ISO 8601; empty for now. */
  readonly at: string;
}

/** A change, to judge by the policy as it would be after it. */
export interface ProposedChange {
  /** In the names of the library. */
  readonly command: JsonObject;
  /** Whether it is one of the default policy. */
  readonly ofDefault: boolean;
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

/** Asks the server to evaluate a sign-in, under the policy in force or as it would be after a change. */
export async function readVerdict(scope: Scope, claim: Claim, proposed?: ProposedChange): Promise<Verdict> {
  const path = `${pathOf(scope)}/_evaluate_sign_in`;
  const body = { ...attemptOf(claim), ...(proposed !== undefined && { proposed: proposedOf(scope, proposed) }) };
  const answer = objectOf(await send({ verb: 'POST', path, headers: headersOf(scope), body }), 'the verdict');
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

/** The prefix of an identity provider in {@link Claim.shown}. */
export const IDP = 'idp ';

/** A change of the default is one of the scope itself where that is the instance. */
function proposedOf({ of }: Scope, { command, ofDefault }: ProposedChange): JsonObject {
  return { command, ...(ofDefault && of === 'organization' && { ofDefault }) };
}

/** The server decides when that was: the clock of a browser may differ from its own. */
function attemptOf({ hasPassword, factors, identityProviders, shown, at }: Claim): JsonObject {
  const ages = new Map(shown);
  const then = (name: string): { readonly ago: string } | undefined => {
    const ago = ages.get(name);
    return ago === undefined ? undefined : { ago };
  };
  const [password, passkey] = [then('password'), then('passkey')];
  const provider = shown.find(([name]) => name.startsWith(IDP))?.[0].slice(IDP.length) ?? '';
  const login = then(`${IDP}${provider}`);
  return {
    user: { hasPassword, factors, identityProviders },
    session: {
      ...(password && { password }),
      ...(passkey && { passkey: { at: passkey, isUserVerified: true } }),
      ...(login && { externalLogin: { identityProvider: provider, at: login } }),
      secondFactors: factors.flatMap((factor) => {
        const verified = then(factor);
        return verified === undefined ? [] : { factor, at: verified };
      }),
    },
    request: { startedAt: { ago: 'PT0S' } },
    ...(at !== '' && { at }),
  };
}

/** The name in {@link Claim.shown} of a check that the server tells of. */
export function shownNameOf(value: unknown): string {
  const check = objectOf(value, 'what was shown');
  const provider = optionalText(check['identityProvider'], 'identityProvider');
  return provider === undefined ? optionName(check) : `${IDP}${provider}`;
}

function optionName(value: unknown): string {
  const option = objectOf(value, 'an option');
  return (
    optionalText(option['factor'], 'factor') ??
    optionalText(option['identityProvider'], 'identityProvider') ??
    textOf(option['method'], 'method')
  );
}
