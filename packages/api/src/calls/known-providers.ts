import {
  orThrow,
  type IdentityProvider,
  type KnownIdentityProvider,
  type LoginPolicies,
  type OwnerRef,
} from '@login-policy/domain';
import { isFault } from '@login-policy/event-sourcing';

/** What the directory knows of identity providers, by id in the order of the policy; or why it could not say. */
export type KnownProviders =
  { readonly byId: ReadonlyMap<string, KnownIdentityProvider> } | { readonly failure: unknown };

/** The identity providers that a policy of this owner links. */
interface Linked {
  readonly owner: OwnerRef;
  readonly items: readonly IdentityProvider[];
  readonly signal: AbortSignal | undefined;
}

const NONE: KnownProviders = { byId: new Map() };

/** Asks the directory, if there is one. @throws Fault that it threw. */
export async function knownBy(policies: LoginPolicies, { owner, items, signal }: Linked): Promise<KnownProviders> {
  if (!policies.namesIdentityProviders || items.length === 0) return NONE;
  try {
    const wait = signal === undefined ? {} : { signal };
    const { identityProviders } = orThrow(await policies.knownIdentityProviders(owner, items, wait));
    return { byId: new Map(identityProviders.map((one) => [one.id, one])) };
  } catch (failure) {
    if (isFault(failure)) throw failure;
    return { failure };
  }
}
