import { listOf, objectOf, textOf } from './json.js';
import { isolated } from '../words/isolated.js';
import { send } from './request.js';

/** An organization of the instance. */
export interface Organization {
  readonly id: string;
  /** As it is set into a sentence. */
  readonly name: string;
  readonly isCustom: boolean;
}

/** Every organization by name, each with whether it has a custom policy. */
export async function readOrganizations(): Promise<readonly Organization[]> {
  const [directory, customized] = await Promise.all([
    send({ verb: 'GET', path: '/iam/v1/organizations' }),
    send({ verb: 'GET', path: '/iam/v1/customized' }),
  ]);
  const custom = new Set(
    listOf(objectOf(customized, 'the answer')['organizationIds'], 'organizationIds', (id) => textOf(id, 'an id')),
  );
  return listOf(objectOf(directory, 'the answer')['organizations'], 'organizations', (one) => {
    const known = objectOf(one, 'an organization');
    const id = textOf(known['id'], 'id');
    return { id, name: isolated(textOf(known['name'], 'name')), isCustom: custom.has(id) };
  });
}
