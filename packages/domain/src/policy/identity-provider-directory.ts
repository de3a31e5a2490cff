import { deepFrozen, type Deadline } from '@login-policy/event-sourcing';
import { answerOf } from '../input/answer-of.js';
import { InvalidValue, parseBoolean, parseObject, parseOneOf, type Parser } from '../input/invalid-value.js';
import { parseText } from '../input/text.js';
import type { IdentityProvider, IdentityProviderId } from './identity-provider.js';
import type { AbsentPolicy } from './login-policy.js';
import type { Owner } from './owner.js';

/** The types of identity providers, by ZITADEL's names. */
export const IDENTITY_PROVIDER_TYPES = [
  'OIDC',
  'JWT',
  'LDAP',
  'OAUTH',
  'AZURE_AD',
  'GITHUB',
  'GITHUB_ES',
  'GITLAB',
  'GITLAB_SELF_HOSTED',
  'GOOGLE',
  'SAML',
  'APPLE',
] as const;

/** The type of an identity provider. */
export type IdentityProviderType = (typeof IDENTITY_PROVIDER_TYPES)[number];

/** What is known of an identity provider that exists. Options that are left out are off. */
export interface KnownIdentityProvider {
  readonly id: string;
  /** Its name for people. */
  readonly name?: string;
  readonly type?: IdentityProviderType;
  /** Whether a user may be created by signing in through it. */
  readonly isCreationAllowed?: boolean;
  /** Whether an existing user may be linked to it. */
  readonly isLinkingAllowed?: boolean;
  /** Whether users are created without being asked. */
  readonly isAutoCreation?: boolean;
  /** Whether users are updated whenever they sign in through it. */
  readonly isAutoUpdate?: boolean;
  /** What an existing user is linked by without being asked. */
  readonly autoLinking?: 'EMAIL' | 'USERNAME';
}

/**
 * Your directory of identity providers: answers which of these exist for a policy of this owner, in any order. One that
 * it leaves out does not exist: it can't be linked, and is no way in for the guard. Others that it names are skipped.
 * When it rejects, so does what needs its answer, and nothing is written. After its `signal` has fired, its answer is no
 * longer needed.
 */
export type IdentityProviderDirectory = (
  owner: Owner,
  identityProviders: readonly IdentityProvider[],
  wait: Pick<Deadline, 'signal'>,
) => readonly KnownIdentityProvider[] | Promise<readonly KnownIdentityProvider[]>;

const HOOK = 'identityProviders';

/** The identity providers to look up, for the policy of an owner. */
export interface LookedUp {
  readonly owner: Owner;
  readonly identityProviders: readonly IdentityProvider[];
}

/**
 * What the directory knows of identity providers, by id.
 *
 * @throws InvalidValue for a malformed answer; what the directory throws.
 */
export async function knownAmong(
  directory: IdentityProviderDirectory,
  { owner, identityProviders }: LookedUp,
  deadline: Pick<Deadline, 'given' | 'leftMs'>,
): Promise<ReadonlyMap<string, KnownIdentityProvider>> {
  const wanted = new Map(identityProviders.map((one) => [String(one.id), one]));
  if (wanted.size === 0) return new Map();
  const asked = deepFrozen([...wanted.values()]);
  const answer: unknown = await answerOf(HOOK, deadline, (wait) => directory(deepFrozen(owner), asked, wait));
  const field = `the answer of ${HOOK}`;
  if (!Array.isArray(answer)) throw new InvalidValue(field, 'a list of identity providers', answer);
  const known = new Map<string, KnownIdentityProvider>();
  for (const [index, one] of answer.entries()) {
    const { id, ...rest } = parseObject(one, `${field}[${index}]`, MEMBERS);
    const itsId = parseText(id, `${field}[${index}].id`);
    if (wanted.has(itsId)) known.set(itsId, { id: itsId, ...parseRest(rest, `${field}[${index}]`) });
  }
  return known;
}

/** The identity providers that the directory does not know; none without a directory. */
export async function unknownAmong(
  directory: IdentityProviderDirectory | undefined,
  lookedUp: LookedUp,
  deadline: Pick<Deadline, 'given' | 'leftMs'>,
): Promise<ReadonlySet<IdentityProviderId>> {
  if (directory === undefined) return NONE;
  const known = await knownAmong(directory, lookedUp, deadline);
  return new Set(lookedUp.identityProviders.flatMap(({ id }) => (known.has(id) ? [] : [id])));
}

const NONE: ReadonlySet<never> = new Set();

/** A policy with links, or none. */
type Linking = AbsentPolicy | { readonly identityProviders: readonly IdentityProvider[] };

/** The policy without the links that are no way in. */
export function withoutUnknown<Policy extends Linking>(policy: Policy, unknown: ReadonlySet<string>): Policy {
  const linked = linksOf(policy);
  if (!linked.some(({ id }) => unknown.has(id))) return policy;
  return { ...policy, identityProviders: linked.filter(({ id }) => !unknown.has(id)) };
}

/** The identity providers that a policy links; none without a policy. */
export function linksOf(policy: Linking | undefined): readonly IdentityProvider[] {
  return policy !== undefined && 'identityProviders' in policy ? policy.identityProviders : [];
}

const PARSERS: Readonly<Record<Exclude<keyof KnownIdentityProvider, 'id'>, Parser<unknown>>> = {
  name: parseText,
  type: parseOneOf(IDENTITY_PROVIDER_TYPES),
  isCreationAllowed: parseBoolean,
  isLinkingAllowed: parseBoolean,
  isAutoCreation: parseBoolean,
  isAutoUpdate: parseBoolean,
  autoLinking: parseOneOf(['USERNAME', 'EMAIL']),
};
const MEMBERS = ['id', ...Object.keys(PARSERS)];

function parseRest(given: Readonly<Record<string, unknown>>, field: string): Omit<KnownIdentityProvider, 'id'> {
  const known = {};
  for (const [name, parse] of Object.entries(PARSERS))
    if (given[name] !== undefined) Object.assign(known, { [name]: parse(given[name], `${field}.${name}`) });
  return known;
}
