import {
  orThrow,
  type IdentityProvider,
  type KnownIdentityProvider,
  type LoginPolicies,
  type OwnerRef,
} from '@login-policy/domain';

/** What the directory knows of identity providers, by id in the order of the policy; or why it could not say. */
export type KnownProviders =
  { readonly byId: ReadonlyMap<string, KnownIdentityProvider> } | { readonly failure: unknown };

/** The identity providers that a policy of this owner links. */
interface Linked {
  readonly owner: OwnerRef;
  readonly items: readonly IdentityProvider[];
  readonly signal: AbortSignal | undefined;
  /** How long to wait for the directory. Default: as long as for any hook. */
  readonly waitMs?: number;
}

const NONE: KnownProviders = { byId: new Map() };

/** Asks the directory, if there is one. @throws DeadlineExceeded once the caller has left. */
export async function knownBy(
  policies: LoginPolicies,
  { owner, items, signal, waitMs }: Linked,
): Promise<KnownProviders> {
  if (!policies.namesIdentityProviders || items.length === 0) return NONE;
  try {
    const wait = { ...(signal && { signal }), ...(waitMs !== undefined && { waitMs }) };
    const { identityProviders } = orThrow(await policies.knownIdentityProviders(owner, items, wait));
    return { byId: new Map(identityProviders.map((one) => [one.id, one])) };
  } catch (failure) {
    if (signal?.aborted === true) throw failure;
    return { failure };
  }
}
