import type { CountUsers, OwnerRef } from '@login-policy/domain';
import { isOrganization, type UsersWanted } from '@login-policy/domain/model';
import type { Instance, Instances } from '../accounts/instances.js';
import type { SetUpFactors } from '../accounts/set-up-factors.js';
import type { DirectoryEntry } from '../data/iam-facts.js';

type Factors = readonly UsersWanted['having'][number][];

/** The directory does not know an organization's users, which differs from knowing that there are none. */
class UsersNotKnown extends Error {
  constructor({ id }: Pick<DirectoryEntry, 'id'>) {
    super(`iam.json does not say who the users of the organization ${id} are.`);
  }
}

/** Counts users by their factors: those of organizations from `iam.json`, the server's own from their files. */
export class UserCounts {
  readonly #instances: Instances;
  readonly #setUp: SetUpFactors;

  constructor(instances: Instances, setUp: SetUpFactors) {
    this.#instances = instances;
    this.#setUp = setUp;
  }

  /** @throws UsersNotKnown, so that a preview says that the number is unknown. */
  readonly count: CountUsers = async (owner, wanted) => {
    const users = await this.#factorsIn(owner);
    return users.filter((factors) => isWanted(factors, wanted)).length;
  };

  async #factorsIn(owner: OwnerRef): Promise<readonly Factors[]> {
    const instance = await this.#instances.current({ id: owner.instanceId });
    if (instance === undefined) throw new Error(`There is no instance ${owner.instanceId} any more.`);
    if (!isOrganization(owner)) {
      const own = await Promise.all(instance.users.map((user) => this.#setUp.of({ instance, user })));
      return [...instance.organizations.flatMap(factorsOf), ...own];
    }
    return factorsOf(organizationOf(instance, owner.organizationId));
  }
}

function organizationOf({ organizations }: Instance, id: string): DirectoryEntry {
  return organizations.find((one) => one.id === id) ?? { id, name: id };
}

function factorsOf(organization: DirectoryEntry): readonly Factors[] {
  if (organization.users === undefined) throw new UsersNotKnown(organization);
  return organization.users.map(({ factors }) => factors);
}

function isWanted(factors: Factors, { having, havingNone }: UsersWanted): boolean {
  return factors.some((one) => having.includes(one)) && !factors.some((one) => havingNone.includes(one));
}
