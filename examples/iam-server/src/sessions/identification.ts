import { bearerToken, type Caller, type RequestHeaders } from '@login-policy/api';
import { permissionsOf, type Role } from '../accounts/roles.js';
import type { Instance, Instances } from '../accounts/instances.js';
import { cookieOf, type Transport } from './cookies.js';
import type { Session, Sessions } from './sessions.js';

/** An authenticated caller, and their session if there is one. */
export interface Recognised {
  readonly caller: Caller;
  readonly session: Session | undefined;
}

/** Authenticates a request: a machine by its token, users by their sessions. */
export class Identification {
  readonly #instances: Instances;
  readonly #sessions: Sessions;
  readonly #transport: Transport;

  constructor(instances: Instances, sessions: Sessions, transport: Transport) {
    this.#instances = instances;
    this.#sessions = sessions;
    this.#transport = transport;
  }

  async recognise(headers: RequestHeaders): Promise<Recognised | undefined> {
    // The accounts may have changed, also by another process.
    await this.#instances.refresh();
    const instance = this.#instances.of(headers);
    if (instance === undefined) return undefined;
    const machine = instance.machineOf(headers);
    if (machine !== undefined) return { caller: callerOf(instance, machine), session: undefined };
    const session = await this.#sessionIn(instance, headers);
    return session && { caller: callerOf(instance, session.user), session };
  }

  /** The session of a request: by its bearer token, or without an `Authorization` header by its cookie. */
  async sessionOf(headers: RequestHeaders): Promise<Session | undefined> {
    await this.#instances.refresh();
    const instance = this.#instances.of(headers);
    return instance && this.#sessionIn(instance, headers);
  }

  /** Whether a request is only authenticated by its cookie, which browsers send automatically. */
  reliesOnCookie(headers: RequestHeaders): boolean {
    const instance = this.#instances.of(headers);
    return (
      instance !== undefined &&
      headers.get('authorization') === undefined &&
      this.#cookieIn(instance, headers) !== undefined
    );
  }

  async #sessionIn(instance: Instance, headers: RequestHeaders): Promise<Session | undefined> {
    const isBearer = headers.get('authorization') !== undefined;
    const token = isBearer ? bearerToken(headers) : this.#cookieIn(instance, headers);
    return token === undefined ? undefined : this.#sessions.find(token, instance);
  }

  #cookieIn({ id }: Instance, headers: RequestHeaders): string | undefined {
    return cookieOf('session', id, this.#transport).in(headers);
  }
}

function callerOf(instance: Instance, { id, role }: { readonly id: string; readonly role: Role }): Caller {
  return { id, instanceId: instance.id, grants: [{ permissions: permissionsOf[role] }] };
}
