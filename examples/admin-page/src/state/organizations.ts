import { signal, type ReadonlySignal } from '@preact/signals';
import {
  readOrganizations,
  readOrganizationsById,
  type Organization,
  type OrganizationPage,
  type OrganizationQuery,
} from '../wire/organizations.js';
import { isolated } from '../words/isolated.js';
import { readAnew } from './unread.js';

/** The loaded organizations by id; `undefined` for an id without one. */
const known = signal<ReadonlyMap<string, Organization | undefined>>(new Map());
const pages = signal<ReadonlyMap<string, OrganizationPage>>(new Map());
const changes = signal(0);

/** How often an organization's policy may have changed. Each time, the shown organizations are read again. */
export const directoryChanges: ReadonlySignal<number> = changes;

/** Reads the shown organizations again. */
export function directoryChanged(): void {
  changes.value++;
}

/** The last result for a page; `undefined` until it was read. */
export function pageOf(query: OrganizationQuery): OrganizationPage | undefined {
  return pages.value.get(keyOf(query));
}

/** The key under which a page is read. */
export function pageKey(query: OrganizationQuery): string {
  return `organizations ${keyOf(query)}`;
}

/** Reads a page again. `isWanted` tells whether the result is still needed. */
export async function refreshPage(query: OrganizationQuery, isWanted: () => boolean = () => true): Promise<void> {
  await readAnew(pageKey(query), async () => {
    const page = await readOrganizations(query);
    if (!isWanted()) return;
    note(page);
    pages.value = new Map([...pages.value].slice(-MOST_PAGES)).set(keyOf(query), page);
  });
}

const MOST_PAGES = 20;

function keyOf(query: OrganizationQuery): string {
  return JSON.stringify(query);
}

/** The loaded organization; `undefined` until it was read, or if it does not exist: see `isUnknown`. */
export function organizationOf(id: string): Organization | undefined {
  return known.value.get(id);
}

/** Whether the server has said that the organization does not exist. */
export function isUnknown(id: string): boolean {
  return known.value.has(id) && known.value.get(id) === undefined;
}

/** Reads those organizations that are not loaded. Their names don't change while a page is open. */
export async function learn(ids: readonly string[]): Promise<void> {
  const missing = ids.filter((id) => !known.value.has(id));
  if (missing.length === 0) return;
  const page = await readOrganizationsById(missing);
  known.value = new Map([...known.value, ...missing.map((id) => [id, undefined] as const)]);
  note(page);
}

function note({ organizations }: OrganizationPage): void {
  known.value = new Map([...known.value, ...organizations.map((one) => [one.id, one] as const)]);
}

/** The display name of an organization: its name, else its id. */
export function organizationName(id: string): string {
  return organizationOf(id)?.name ?? isolated(id);
}

/** Clears all organizations. */
export function forgetOrganizations(): void {
  known.value = new Map();
  pages.value = new Map();
}
