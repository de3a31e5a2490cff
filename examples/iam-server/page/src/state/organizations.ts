import { signal, type ReadonlySignal } from '@preact/signals';
import { readOrganizations, type Organization } from '../wire/organizations.js';

const known = signal<readonly Organization[] | undefined>(undefined);

/** The organizations by name; `undefined` until they were read. */
export const organizations: ReadonlySignal<readonly Organization[] | undefined> = known;

/** Reads the organizations anew. */
export async function refreshOrganizations(): Promise<void> {
  known.value = await readOrganizations();
}

/** What a person calls an organization: its name, else its id. */
export function organizationName(id: string): string {
  return known.value?.find((one) => one.id === id)?.name ?? id;
}

/** Forgets what was read. */
export function forgetOrganizations(): void {
  known.value = undefined;
}
