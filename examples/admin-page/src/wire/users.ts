import { shownName } from '../words/isolated.js';
import { shownNameOf } from './check.js';
import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { send } from './request.js';

/** A user whom the server knows. */
export interface ListedUser {
  readonly id: string;
  /** The display name, isolated for use in a sentence. */
  readonly name: string;
  /** Empty for a user of the instance itself. */
  readonly organizationId: string;
  readonly isAdministrator: boolean;
}

/** A page of users. */
export interface UserPage {
  readonly users: readonly ListedUser[];
  /** What the next page begins after; `undefined` with the last. */
  readonly next: string | undefined;
}

/** A user with what they have to sign in with. */
export interface KnownUser extends Omit<ListedUser, 'isAdministrator'> {
  /** `password`, and their factors as in histories. */
  readonly has: readonly string[];
  readonly identityProviders: readonly string[];
  /** What their newest session has verified, and how long ago, in ISO 8601. */
  readonly shown: readonly (readonly [name: string, age: string])[];
}

/** Reads a page of users by name. */
export async function readUsers(query: Readonly<Record<string, string>>): Promise<UserPage> {
  const answer = objectOf(
    await send({ verb: 'GET', path: `/iam/v1/users?${new URLSearchParams(query)}` }),
    'the users',
  );
  return { users: listOf(answer['users'], 'users', listedUserOf), next: optionalText(answer['next'], 'next') };
}

/** Reads a user with what they have. */
export async function readUser(id: string): Promise<KnownUser> {
  const answer = objectOf(await send({ verb: 'GET', path: `/iam/v1/user?${new URLSearchParams({ id })}` }), 'the user');
  const has = objectOf(answer['has'], 'has');
  const factors = listOf(has['factors'], 'factors', (one) => textOf(one, 'a factor'));
  return {
    ...userOf(answer),
    has: [...(has['hasPassword'] === true ? ['password'] : []), ...factors],
    identityProviders: listOf(has['identityProviders'], 'identityProviders', (one) => textOf(one, 'an id')),
    shown: listOf(answer['checks'], 'checks', (value) => {
      const check = objectOf(value, 'a check');
      return [shownNameOf(check['shown']), textOf(check['ago'], 'ago')] as const;
    }),
  };
}

function listedUserOf(value: unknown): ListedUser {
  const one = objectOf(value, 'a user');
  return { ...userOf(one), isAdministrator: one['isAdministrator'] === true };
}

function userOf(one: JsonObject): Omit<ListedUser, 'isAdministrator'> {
  const id = textOf(one['id'], 'id');
  const organizationId = optionalText(one['organizationId'], 'organizationId') ?? '';
  return { id, name: shownName(textOf(one['name'], 'name'), id), organizationId };
}
