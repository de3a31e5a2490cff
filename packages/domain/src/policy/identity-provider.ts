import type { Brand, Deadline } from '@login-policy/event-sourcing/domain';
import { InvalidValue, parseList, parseObject, parseOneOf, type Parser } from '../input/invalid-value.js';
import { isOrganization, type Owner } from './owner.js';
import { parseId, parseText } from '../input/text.js';

/** The identity of an external identity provider. */
export type IdentityProviderId = Brand<string, 'IdentityProviderId'>;

/** Whose identity provider it is: the instance's (`SYSTEM`) or the organization's own (`ORG`). */
export const IDENTITY_PROVIDER_OWNERS = ['SYSTEM', 'ORG'] as const;

/** Whose identity provider it is. */
export type IdentityProviderOwner = (typeof IDENTITY_PROVIDER_OWNERS)[number];

/** An external identity provider that users may sign in with. */
export interface IdentityProvider {
  readonly id: IdentityProviderId;
  readonly ownerType: IdentityProviderOwner;
}

/** An identity provider as a caller names it. */
export interface IdentityProviderRef {
  readonly id: string;
  readonly ownerType: IdentityProviderOwner;
}

/** How many identity providers may be linked to one policy (docs/reference/limits.md). A recorded policy with more is read as it is. */
export const MOST_IDENTITY_PROVIDERS = 200;

/**
 * Knows which identity providers exist. Optional: without one, none is looked up. When it rejects, the command rejects
 * with the same error and nothing is written. Once the `signal` it is handed has fired, nobody waits for it any more.
 */
export interface IdentityProviderDirectory {
  /** Whether it may be linked by this owner's policy now. What it rejects with, the command rejects with. */
  exists(owner: Owner, identityProvider: IdentityProvider, wait: Pick<Deadline, 'signal'>): Promise<boolean>;
}

/** Takes the id of an identity provider. */
export const parseIdentityProviderId: Parser<IdentityProviderId> = (value, field) =>
  parseId(value, field) as IdentityProviderId;

/** Reads the id of an identity provider as it was recorded. */
export const parseRecordedIdentityProviderId: Parser<IdentityProviderId> = (value, field) =>
  parseText(value, field) as IdentityProviderId;

/** Takes `{ id, ownerType }`. */
export const parseIdentityProvider: Parser<IdentityProvider> = providerParser(parseIdentityProviderId);

/** Takes `{ id, ownerType }` for the owner's policy: an instance's has none of an organization's own (docs/reference/login-policies.md#commands). */
export function identityProviderFor(owner: Owner): Parser<IdentityProvider> {
  return isOrganization(owner) ? parseIdentityProvider : parseSystemProvider;
}

const parseSystemProvider = providerParser(parseIdentityProviderId, ['SYSTEM']);

const recordedProvider = providerParser(parseRecordedIdentityProviderId);

/** Reads `{ id, ownerType }` as it was recorded: it has one form, so what was looked at is handed on, and no copy of it. */
export const parseRecordedIdentityProvider: Parser<IdentityProvider> = (value, field) => {
  recordedProvider(value, field);
  return value as IdentityProvider;
};

/** Takes a list for the owner's policy: at most {@link MOST_IDENTITY_PROVIDERS}, each id once, in the order given. */
export function identityProvidersFor(owner: Owner): Parser<readonly IdentityProvider[]> {
  return (value, field) => {
    const providers = parseList(value, field, { item: identityProviderFor(owner), same: ({ id }) => id });
    if (providers.length <= MOST_IDENTITY_PROVIDERS) return providers;
    throw new InvalidValue(field, `at most ${MOST_IDENTITY_PROVIDERS} identity providers`, providers.length);
  };
}

/** Reads a list of identity providers as it was recorded. */
export const parseRecordedIdentityProviders: Parser<readonly IdentityProvider[]> = (value, field) =>
  parseList(value, field, { item: parseRecordedIdentityProvider, same: ({ id }) => id });

function providerParser(
  parseProviderId: Parser<IdentityProviderId>,
  ownerTypes: readonly IdentityProviderOwner[] = IDENTITY_PROVIDER_OWNERS,
): Parser<IdentityProvider> {
  const parseOwnerType = parseOneOf(ownerTypes);
  return (value, field) => {
    const { id, ownerType } = parseObject(value, field, ['id', 'ownerType']);
    return { id: parseProviderId(id, `${field}.id`), ownerType: parseOwnerType(ownerType, `${field}.ownerType`) };
  };
}
