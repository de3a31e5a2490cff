import type { PeerCertificate } from 'node:tls';
import type { OrganizationRef } from '@login-policy/domain';
import type { Caller, Place } from './caller.js';

/** The headers of a request by lower-case name. Several headers of one name are joined as HTTP specifies. */
export interface RequestHeaders {
  /** The value of a header; `undefined` when it is absent. */
  get(name: string): string | undefined;
}

/** A request as the hooks see it. */
export interface ApiRequest extends RequestHeaders {
  readonly verb: string;
  /** Without the query. Over gRPC and Connect, the path of the method. */
  readonly path: string;
  /** The address of the connection's other end, which may be a proxy; `undefined` once it is closed. */
  readonly peerAddress: string | undefined;
  /** The client's TLS certificate; `undefined` when no `ca` of this server has signed it. */
  readonly clientCertificate: PeerCertificate | undefined;
}

/** The result of a hook, synchronous or not. */
type Answered<Value> = Value | Promise<Value>;

/**
 * Authenticates a request. `undefined` becomes a 401. A thrown `Fault` of the store is answered as that fault; any
 * other error becomes a 500.
 */
export type Authenticate = (request: ApiRequest) => Answered<Caller | undefined>;

/** The scope of a permission check, with the request that needs the permission. */
export interface RequestedPlace extends Place {
  readonly request: ApiRequest;
}

/** Decides whether a caller has a permission in a scope. It is only called for scopes in the caller's own instance. */
export type IsAllowed = (caller: Caller, permission: string, place: RequestedPlace) => Answered<boolean>;

/** Returns the instance of a request, by its host or another header; `undefined` when none is served. */
export type InstanceOf = (request: ApiRequest) => Answered<string | undefined>;

/** A directory of the organizations of instances. */
export interface OrganizationDirectory {
  /** Whether the instance has the organization. Otherwise the call is refused. */
  exists(organization: OrganizationRef, request: ApiRequest): Answered<boolean>;
}

/** The hooks of the API for what it does not decide itself. */
export interface Ports {
  readonly authenticate: Authenticate;
  /** Default: the caller's own grants decide. */
  readonly isAllowed: IsAllowed;
  readonly instanceOf: InstanceOf;
  readonly organizations: OrganizationDirectory;
}
