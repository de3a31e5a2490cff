import { listOf, objectOf, textOf, type JsonObject } from './json.js';
import { isolated } from '../words/isolated.js';
import { Refused } from './failure.js';
import { shownPasskey } from './passkeys.js';
import { send } from './request.js';

/** The signed-in user, their instance and their permissions. */
export interface Session {
  readonly userId: string;
  readonly userName: string;
  readonly role: string;
  readonly permissions: readonly string[];
  readonly instanceId: string;
  readonly instanceName: string;
  /** The organization that the user belongs to; `undefined` for a user of the instance. */
  readonly organizationName: string | undefined;
  /** Their id; `undefined` for a user of the instance. */
  readonly organizationId: string | undefined;
  /** What the user has to sign in with, in the form of the API. */
  readonly has: JsonObject;
}

const PATH = '/iam/v1/session';

/** The session of this browser, if there is one. */
export async function readSession(): Promise<Session | undefined> {
  const answer = await send({ verb: 'GET', path: PATH });
  return answer === undefined ? undefined : sessionOf(answer);
}

/** The credentials of a sign-in. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  /** From an authenticator app, after the server has asked for it. */
  readonly code?: string;
}

/** The code that the server asks for after a correct password. */
export interface CodeAsked {
  /** The key to set up an authenticator app; `undefined` if one is set up. */
  readonly setUp: { readonly secret: string; readonly uri: string } | undefined;
}

const CODE_NEEDED = 'IAM-SESSION-04';
const SET_UP_NEEDED = 'IAM-SESSION-05';

/** Opens a session. @throws Refused when the credentials do not suffice. */
export async function signIn(given: Credentials): Promise<Session> {
  return sessionOf(await send({ verb: 'POST', path: PATH, body: given }));
}

/** Opens a session with a passkey, which identifies the user. @throws Refused, or an error with a sentence */
export async function signInByPasskey(): Promise<Session> {
  const path = `${PATH}/passkey`;
  return sessionOf(await send({ verb: 'POST', path, body: await shownPasskey(`${path}/options`) }));
}

/** The code that a refusal asks for; `undefined` if it does not. */
export function codeAskedBy(failure: unknown): CodeAsked | undefined {
  if (!(failure instanceof Refused)) return undefined;
  if (failure.id === CODE_NEEDED) return { setUp: undefined };
  if (failure.id !== SET_UP_NEEDED) return undefined;
  const setUp = objectOf(failure.body['setUp'], 'setUp');
  return { setUp: { secret: textOf(setUp['secret'], 'secret'), uri: textOf(setUp['uri'], 'uri') } };
}

/** Ends the session, here and on the server. */
export async function signOut(): Promise<void> {
  await send({ verb: 'DELETE', path: PATH });
}

function sessionOf(value: unknown): Session {
  const answer = objectOf(value, 'the session');
  const user = objectOf(answer['user'], 'the user');
  const instance = objectOf(answer['instance'], 'the instance');
  const own = answer['organization'];
  const organization = own === undefined ? undefined : objectOf(own, 'the organization');
  return {
    userId: textOf(user['id'], 'id'),
    userName: isolated(textOf(user['name'], 'name')),
    role: textOf(user['role'], 'role'),
    permissions: listOf(user['permissions'], 'permissions', (one) => textOf(one, 'a permission')),
    instanceId: textOf(instance['id'], 'id'),
    instanceName: isolated(textOf(instance['name'], 'name')),
    organizationName: organization && isolated(textOf(organization['name'], 'name')),
    organizationId: organization && textOf(organization['id'], 'id'),
    has: objectOf(user['has'], 'has'),
  };
}
