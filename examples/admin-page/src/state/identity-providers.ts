import { signal } from '@preact/signals';
import { readIdentityProviders, type KnownProvider } from '../wire/identity-providers.js';
import type { Scope } from '../wire/scope.js';
import { isolated } from '../words/isolated.js';

const known = signal<readonly KnownProvider[]>([]);

/** Reads the names of the identity providers. */
export async function learnProviders(): Promise<void> {
  known.value = await readIdentityProviders();
}

/** The display name of an identity provider: its name, else its id. */
export function providerName(id: string): string {
  return known.value.find((one) => one.id === id)?.name ?? isolated(id);
}

/** The identity providers that a policy may link: of the instance, or of the organization itself. */
export function providersFor(scope: Scope): readonly KnownProvider[] {
  const own = scope.of === 'organization' ? scope.organizationId : '';
  return known.value.filter(({ organizationId }) => organizationId === '' || organizationId === own);
}

/** Clears the names. */
export function forgetProviders(): void {
  known.value = [];
}
