import { bearerToken, type Caller, type RequestHeaders } from '@login-policy/api';
import { permissionsOf, type Role } from '../accounts/roles.js';
import type { Machine } from '../data/iam-facts.js';
import { sessionCookie } from './session-cookie.js';
import type { Session, Sessions } from './sessions.js';

/** What callers are recognised by. */
export interface Recognition {
  readonly instanceId: string;
  readonly sessions: Sessions;
  readonly machineOf: (headers: RequestHeaders) => Machine | undefined;
}

/** Whether a request is known by its cookie alone, which a browser sends without being asked. */
export function reliesOnCookie(headers: RequestHeaders): boolean {
  return headers.get('authorization') === undefined && sessionCookie(headers) !== undefined;
}

/** The session of a request: of its bearer token, or without an `Authorization` header of its cookie. */
export async function sessionOf(headers: RequestHeaders, sessions: Sessions): Promise<Session | undefined> {
  const token = headers.get('authorization') === undefined ? sessionCookie(headers) : bearerToken(headers);
  return token === undefined ? undefined : sessions.find(token);
}

/** Knows who calls. */
export type Identify = (headers: RequestHeaders) => Promise<Caller | undefined>;

/** Knows a machine by its token, and users by their sessions. */
export function identification({ instanceId, sessions, machineOf }: Recognition): Identify {
  const callerFor = ({ id, role }: { readonly id: string; readonly role: Role }): Caller => ({
    id,
    instanceId,
    grants: [{ permissions: permissionsOf[role] }],
  });
  return async (headers) => {
    const machine = machineOf(headers);
    if (machine !== undefined) return callerFor(machine);
    const session = await sessionOf(headers, sessions);
    return session === undefined ? undefined : callerFor(session.user);
  };
}
