import { listOf, objectOf, textOf } from './json.js';
import { isolated } from '../words/isolated.js';
import { send } from './request.js';

/** Who is signed in, where, and what they may do. */
export interface Session {
  readonly userId: string;
  readonly userName: string;
  readonly role: string;
  readonly permissions: readonly string[];
  readonly instanceId: string;
  readonly instanceName: string;
}

const PATH = '/iam/v1/session';

/** The session of this browser, if there is one. */
export async function readSession(): Promise<Session | undefined> {
  const answer = await send({ verb: 'GET', path: PATH });
  return answer === undefined ? undefined : sessionOf(answer);
}

/** Opens a session. @throws Refused when name and password do not belong together. */
export async function signIn(name: string, password: string): Promise<Session> {
  return sessionOf(await send({ verb: 'POST', path: PATH, body: { name, password } }));
}

/** Ends the session, here and on the server. */
export async function signOut(): Promise<void> {
  await send({ verb: 'DELETE', path: PATH });
}

function sessionOf(value: unknown): Session {
  const answer = objectOf(value, 'the session');
  const user = objectOf(answer['user'], 'the user');
  const instance = objectOf(answer['instance'], 'the instance');
  return {
    userId: textOf(user['id'], 'id'),
    userName: isolated(textOf(user['name'], 'name')),
    role: textOf(user['role'], 'role'),
    permissions: listOf(user['permissions'], 'permissions', (one) => textOf(one, 'a permission')),
    instanceId: textOf(instance['id'], 'id'),
    instanceName: isolated(textOf(instance['name'], 'name')),
  };
}
