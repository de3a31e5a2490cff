import { bearerToken, type Caller, type RequestHeaders } from '@login-policy/api';
import type { Accounts } from '../accounts/accounts.js';
import { isOfInstance, permissionsOf, type Role } from '../accounts/roles.js';
import type { Instance, Instances } from '../accounts/instances.js';
import { digestOf } from '../accounts/machine-tokens.js';
import { cookieOf, type Transport } from './cookies.js';
import type { Session, Sessions } from './sessions.js';

/** An authenticated caller, and their session if there is one. */
export interface Recognised {
  readonly caller: Caller;
  readonly session: Session | undefined;
}

/** The parts of authentication. */
export interface IdentificationOptions {
  readonly accounts: Accounts;
  readonly instances: Instances;
  readonly sessions: Sessions;
  readonly transport: Transport;
}

/** Authenticates a request: a machine by its token, users by their sessions. */
export class Identification {
  readonly #options: IdentificationOptions;

  constructor(options: IdentificationOptions) {
    this.#options = options;
  }

  /** @throws Fault when it can't be found out */
  async recognise(headers: RequestHeaders): Promise<Recognised | undefined> {
    const { accounts, instances } = this.#options;
    const instance = await instances.find(headers);
    if (instance === undefined) return undefined;
    const token = bearerToken(headers);
    const machine = token === undefined ? undefined : await accounts.machine(digestOf(token));
    if (machine !== undefined && machine.instanceId === instance.id) {
      await instances.reach(machine.directory);
      return { caller: { ...callerOf(instance, machine), subject: `${MACHINE}${machine.id}` }, session: undefined };
    }
    const session = await this.#sessionIn(instance, headers);
    return session && { caller: callerOf(instance, session.user), session };
  }

  /** The session of a request: by its bearer token, or without an `Authorization` header by its cookie. @throws Fault */
  async sessionOf(headers: RequestHeaders): Promise<Session | undefined> {
    const instance = await this.#options.instances.find(headers);
    return instance && this.#sessionIn(instance, headers);
  }

  /** Whether a request is only authenticated by its cookie, which browsers send automatically. */
  reliesOnCookie(headers: RequestHeaders): boolean {
    const instance = this.#options.instances.of(headers);
    return (
      instance !== undefined &&
      headers.get('authorization') === undefined &&
      this.#cookieIn(instance, headers) !== undefined
    );
  }

  async #sessionIn(instance: Instance, headers: RequestHeaders): Promise<Session | undefined> {
    const { instances, sessions } = this.#options;
    const isBearer = headers.get('authorization') !== undefined;
    const token = isBearer ? bearerToken(headers) : this.#cookieIn(instance, headers);
    const session = token === undefined ? undefined : await sessions.find(token, instance);
    if (session !== undefined) await instances.reach(session.directory);
    return session;
  }

  #cookieIn({ id }: Instance, headers: RequestHeaders): string | undefined {
    return cookieOf('session', id, this.#options.transport).in(headers);
  }
}

const MACHINE = 'machine ';

/** Whether the subject of a caller is a machine, whose token anybody may hold. */
export function isMachine(subject: string): boolean {
  return subject.startsWith(MACHINE);
}

interface Holder {
  readonly id: string;
  readonly role: Role;
  readonly organizationId?: string | undefined;
}

/** A role of an organization applies to the holder's own, and to no other. */
function callerOf({ id: instanceId }: Instance, { id, organizationId, role }: Holder): Caller {
  const permissions = permissionsOf[role];
  const own = organizationId !== undefined && { organizationId };
  if (isOfInstance(role)) return { id, instanceId, ...own, grants: [{ permissions }] };
  return { id, instanceId, ...own, grants: organizationId === undefined ? [] : [{ permissions, organizationId }] };
}
