import { signal, type ReadonlySignal } from '@preact/signals';
import { isolated } from '../words/isolated.js';
import { readAnew } from './unread.js';
import { readOrganizations, type Organization } from '../wire/organizations.js';

/** The name under which the organizations are read. */
export const DIRECTORY = 'organizations';

const known = signal<readonly Organization[] | undefined>(undefined);

/** The organizations by name; `undefined` until they were read. */
export const organizations: ReadonlySignal<readonly Organization[] | undefined> = known;

/** Reads the organizations anew. */
export async function refreshOrganizations(): Promise<void> {
  await readAnew(DIRECTORY, async () => {
    known.value = await readOrganizations();
  });
}

/** Takes note of what a read of an organization's policy has told: the whole directory needs not be read for that. */
export function noteCustom(organizationId: string, isCustom: boolean): void {
  known.value = known.value?.map((one) => (one.id === organizationId ? { ...one, isCustom } : one));
}

/** What a person calls an organization: its name, else its id. */
export function organizationName(id: string): string {
  return known.value?.find((one) => one.id === id)?.name ?? isolated(id);
}

/** Forgets what was read. */
export function forgetOrganizations(): void {
  known.value = undefined;
}
