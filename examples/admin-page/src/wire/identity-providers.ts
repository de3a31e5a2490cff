import { shownName } from '../words/isolated.js';
import { listOf, objectOf, optionalText, textOf } from './json.js';
import { send } from './request.js';

/** An identity provider that the server knows. */
export interface KnownProvider {
  readonly id: string;
  /** The display name, isolated for use in a sentence. */
  readonly name: string;
  /** Empty for one of the instance. */
  readonly organizationId: string;
}

/** Reads the identity providers of the instance and of its organizations, by name. */
export async function readIdentityProviders(): Promise<readonly KnownProvider[]> {
  const answer = objectOf(await send({ verb: 'GET', path: '/iam/v1/identity-providers' }), 'the identity providers');
  return listOf(answer['identityProviders'], 'identityProviders', (value) => {
    const one = objectOf(value, 'an identity provider');
    const id = textOf(one['id'], 'id');
    const organizationId = optionalText(one['organizationId'], 'organizationId') ?? '';
    return { id, name: shownName(textOf(one['name'], 'name'), id), organizationId };
  });
}
