import { bearerToken, type Caller, type RequestHeaders } from '@login-policy/api';
import { permissionsOf, type Role } from '../accounts/roles.js';
import type { Tenant, Tenants } from '../accounts/tenants.js';
import { cookieOf, type Transport } from './cookies.js';
import type { Session, Sessions } from './sessions.js';

/** Somebody who was recognised, and by which session if by one. */
export interface Recognised {
  readonly caller: Caller;
  readonly session: Session | undefined;
}

/** Knows who calls: a machine by its token, users by their sessions. */
export class Identification {
  readonly #tenants: Tenants;
  readonly #sessions: Sessions;
  readonly #transport: Transport;

  constructor(tenants: Tenants, sessions: Sessions, transport: Transport) {
    this.#tenants = tenants;
    this.#sessions = sessions;
    this.#transport = transport;
  }

  async recognise(headers: RequestHeaders): Promise<Recognised | undefined> {
    // Its accounts may be others by now, in another process too.
    await this.#tenants.refresh();
    const tenant = this.#tenants.of(headers);
    if (tenant === undefined) return undefined;
    const machine = tenant.machineOf(headers);
    if (machine !== undefined) return { caller: callerOf(tenant, machine), session: undefined };
    const session = await this.#sessionIn(tenant, headers);
    return session && { caller: callerOf(tenant, session.user), session };
  }

  /** The session of a request: of its bearer token, or without an `Authorization` header of its cookie. */
  async sessionOf(headers: RequestHeaders): Promise<Session | undefined> {
    await this.#tenants.refresh();
    const tenant = this.#tenants.of(headers);
    return tenant && this.#sessionIn(tenant, headers);
  }

  /** Whether a request is known by its cookie alone, which a browser sends without being asked. */
  reliesOnCookie(headers: RequestHeaders): boolean {
    const tenant = this.#tenants.of(headers);
    return (
      tenant !== undefined &&
      headers.get('authorization') === undefined &&
      this.#cookieIn(tenant, headers) !== undefined
    );
  }

  async #sessionIn(tenant: Tenant, headers: RequestHeaders): Promise<Session | undefined> {
    const isBearer = headers.get('authorization') !== undefined;
    const token = isBearer ? bearerToken(headers) : this.#cookieIn(tenant, headers);
    return token === undefined ? undefined : this.#sessions.find(token, tenant);
  }

  #cookieIn({ id }: Tenant, headers: RequestHeaders): string | undefined {
    return cookieOf('session', id, this.#transport).in(headers);
  }
}

function callerOf(tenant: Tenant, { id, role }: { readonly id: string; readonly role: Role }): Caller {
  return { id, instanceId: tenant.id, grants: [{ permissions: permissionsOf[role] }] };
}
