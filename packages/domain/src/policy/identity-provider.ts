import type { Brand } from '@login-policy/event-sourcing';
import { InvalidValue, parseList, parseObject, parseOneOf, type Parser } from '../input/invalid-value.js';
import { isOrganization, type Owner } from './owner.js';
import { parseId, parseText } from '../input/text.js';

/** The id of an external identity provider. */
export type IdentityProviderId = Brand<string, 'IdentityProviderId'>;

/** Who owns an identity provider: the instance (`SYSTEM`) or the organization (`ORG`). */
export const IDENTITY_PROVIDER_OWNERS = ['SYSTEM', 'ORG'] as const;

/** Who owns an identity provider. */
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

/**
 * The most identity providers linked to one policy (docs/reference/limits.md). A recorded policy with more is read as
 * it is.
 */
export const MOST_IDENTITY_PROVIDERS = 200;

/** Parses the id of an identity provider. */
export const parseIdentityProviderId: Parser<IdentityProviderId> = (value, field) =>
  parseId(value, field) as IdentityProviderId;

/** Parses a recorded id of an identity provider. */
export const parseRecordedIdentityProviderId: Parser<IdentityProviderId> = (value, field) =>
  parseText(value, field) as IdentityProviderId;

/** Parses `{ id, ownerType }`. */
export const parseIdentityProvider: Parser<IdentityProvider> = providerParser(parseIdentityProviderId);

/**
 * Parses `{ id, ownerType }` for the owner's policy. An instance's policy refuses an organization's provider
 * (docs/reference/login-policies.md#commands).
 */
export function identityProviderFor(owner: Owner): Parser<IdentityProvider> {
  return isOrganization(owner) ? parseIdentityProvider : parseSystemProvider;
}

const parseSystemProvider = providerParser(parseIdentityProviderId, ['SYSTEM']);

const recordedProvider = providerParser(parseRecordedIdentityProviderId);

/** Parses a recorded `{ id, ownerType }`. It has one form, so the checked object itself is returned without a copy. */
export const parseRecordedIdentityProvider: Parser<IdentityProvider> = (value, field) => {
  recordedProvider(value, field);
  return value as IdentityProvider;
};

/**
 * Parses a list for the owner's policy: at most {@link MOST_IDENTITY_PROVIDERS}, without duplicate ids, in the given
 * order.
 */
export function identityProvidersFor(owner: Owner): Parser<readonly IdentityProvider[]> {
  return (value, field) => {
    const providers = parseList(value, field, { item: identityProviderFor(owner), same: ({ id }) => id });
    if (providers.length <= MOST_IDENTITY_PROVIDERS) return providers;
    throw new InvalidValue(field, `at most ${MOST_IDENTITY_PROVIDERS} identity providers`, providers.length);
  };
}

/** Parses a recorded list of identity providers. */
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
