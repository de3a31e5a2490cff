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

/** Those that were read, by their ids; `undefined` for an id that is nobody's. */
const known = signal<ReadonlyMap<string, Organization | undefined>>(new Map());
const pages = signal<ReadonlyMap<string, OrganizationPage>>(new Map());
const changes = signal(0);

/** How often it was heard that an organization's policy may be another one: what is shown of organizations is read anew then. */
export const directoryChanges: ReadonlySignal<number> = changes;

/** Has what is shown of organizations read anew. */
export function directoryChanged(): void {
  changes.value++;
}

/** A page as it was read last; `undefined` until it was. */
export function pageOf(query: OrganizationQuery): OrganizationPage | undefined {
  return pages.value.get(keyOf(query));
}

/** The name under which a page is read. */
export function pageKey(query: OrganizationQuery): string {
  return `organizations ${keyOf(query)}`;
}

/** Reads a page anew. `isWanted` tells whether somebody still waits for it. */
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

/** An organization as it was read last; `undefined` until it was, or where there is none: see `isUnknown`. */
export function organizationOf(id: string): Organization | undefined {
  return known.value.get(id);
}

/** Whether the server has said that there is no such organization. */
export function isUnknown(id: string): boolean {
  return known.value.has(id) && known.value.get(id) === undefined;
}

/** Reads those of some organizations that were not read yet: their names don't change while a page is open. */
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

/** What a person calls an organization: its name, else its id. */
export function organizationName(id: string): string {
  return organizationOf(id)?.name ?? isolated(id);
}

/** Forgets what was read. */
export function forgetOrganizations(): void {
  known.value = new Map();
  pages.value = new Map();
}
