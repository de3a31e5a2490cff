import type { OrganizationRef } from '@login-policy/domain';
import type { Caller, Place } from './caller.js';

/** The headers of a request: one value a name, several of one name joined as HTTP says. Names in lower case. */
export interface RequestHeaders {
  get(name: string): string | undefined;
}

/**
 * Knows who calls. `undefined` is answered with 401; what it throws, with 500 or as a fault of a store.
 */
export type Authenticate = (headers: RequestHeaders) => Caller | undefined | Promise<Caller | undefined>;

/** Knows what a caller may do, and where. It is never asked about a place outside the caller's own instance. */
export type IsAllowed = (caller: Caller, permission: string, place: Place) => boolean | Promise<boolean>;

/** Knows which instance a request is for, by its host or another header; `undefined` for none that is served here. */
export type InstanceOf = (headers: RequestHeaders) => string | undefined;

/** Knows which organizations an instance has. */
export interface OrganizationDirectory {
  exists(organization: OrganizationRef): boolean | Promise<boolean>;
}

/** Whom the API asks what is not its own to decide. */
export interface Ports {
  readonly authenticate: Authenticate;
  /** Default: by the caller's own grants. */
  readonly isAllowed: IsAllowed;
  readonly instanceOf: InstanceOf;
  readonly organizations: OrganizationDirectory;
}
