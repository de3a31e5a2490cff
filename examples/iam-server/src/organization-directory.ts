import type { InstanceRef, OrganizationRef } from '@login-policy/domain';
import type { DirectoryEntry, IamFacts } from './data/iam-facts.js';

/** The organizations of the one instance this server has. */
export class OrganizationDirectory {
  readonly #instanceId: string;
  readonly #entries: ReadonlyMap<string, DirectoryEntry>;

  constructor({ instance, organizations }: Pick<IamFacts, 'instance' | 'organizations'>) {
    this.#instanceId = instance.id;
    this.#entries = new Map(organizations.map((entry) => [entry.id, entry]));
  }

  exists({ instanceId, organizationId }: OrganizationRef): boolean {
    return instanceId === this.#instanceId && this.#entries.has(organizationId);
  }

  /** The ids of an instance's organizations. */
  list({ instanceId }: InstanceRef): Iterable<string> {
    return instanceId === this.#instanceId ? this.#entries.keys() : [];
  }

  /** All of them by name. */
  byName(): readonly DirectoryEntry[] {
    return [...this.#entries.values()].sort((left, right) => left.name.localeCompare(right.name, 'en'));
  }
}
