import type { InstanceRef, OrganizationRef } from '@login-policy/domain';
import type { DirectoryEntry, IamFacts } from './data/iam-facts.js';

/** Numbers in names count as numbers: the second comes before the tenth. */
const byName = new Intl.Collator('en', { numeric: true });

/** The organizations of the one instance this server has. */
export class OrganizationDirectory {
  /** All of them by name. */
  readonly entries: readonly DirectoryEntry[];
  readonly #instanceId: string;
  readonly #ids: ReadonlySet<string>;

  constructor({ instance, organizations }: Pick<IamFacts, 'instance' | 'organizations'>) {
    this.entries = [...organizations].sort((left, right) => byName.compare(left.name, right.name));
    this.#instanceId = instance.id;
    this.#ids = new Set(this.entries.map(({ id }) => id));
  }

  exists({ instanceId, organizationId }: OrganizationRef): boolean {
    return instanceId === this.#instanceId && this.#ids.has(organizationId);
  }

  /** The ids of an instance's organizations, in the order of their names. */
  list({ instanceId }: InstanceRef): Iterable<string> {
    return instanceId === this.#instanceId ? this.#ids : [];
  }
}
