import type { PeerCertificate } from 'node:tls';
import type { OrganizationRef } from '@login-policy/domain';
import type { Caller, PermissionScope } from './caller.js';

/** The headers of a request by lower-case name. Several headers of one name are joined as HTTP specifies. */
export interface RequestHeaders {
  /** The value of a header; `undefined` when it is absent. */
  get(name: string): string | undefined;
}

/** A request as it is passed to the functions of {@link Ports}. */
export interface ApiRequest extends RequestHeaders {
  /** The HTTP method, such as `GET`. */
  readonly verb: string;
  /** The path without the query. Over gRPC and Connect, the path of the method. */
  readonly path: string;
  /** The address of the connection's other end, which may be a proxy; `undefined` once it is closed. */
  readonly peerAddress: string | undefined;
  /** The client's TLS certificate; `undefined` when no `ca` of this server has signed it. */
  readonly clientCertificate: PeerCertificate | undefined;
}

type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Authenticates a request. Returns the caller; `undefined` is answered with 401. A thrown `Fault` is answered
 * like a fault of the API's own store. When a built-in authenticator can't reach its issuer, the answer is 503. Any
 * other error is answered with 500. It is called with the same request again each second of a long answer, and after a
 * slow body, so it must not refuse a token because it has seen it in this request.
 */
export type Authenticate = (request: ApiRequest) => MaybePromise<Caller | undefined>;

/** The scope of a permission check, with the request that requires the permission. */
export interface RequestedScope extends PermissionScope {
  readonly request: ApiRequest;
}

/** Decides whether a caller has a permission in a scope. Only called for scopes in the caller's own instance. */
export type IsAllowed = (caller: Caller, permission: string, scope: RequestedScope) => MaybePromise<boolean>;

/** Returns the id of the instance that a request is for, such as by its host; `undefined` when there is none. */
export type InstanceOf = (request: ApiRequest) => MaybePromise<string | undefined>;

/** A directory of organizations. */
export interface OrganizationDirectory {
  /** Whether the organization exists. If not, the call is refused. */
  exists(organization: OrganizationRef, request: ApiRequest): MaybePromise<boolean>;
}

/**
 * What the API needs from the program that embeds it: functions that authenticate, authorize and look up. (Ports as in
 * "ports and adapters"; the network port is opened by `openPort`.)
 */
export interface Ports {
  readonly authenticate: Authenticate;
  /** Usually {@link holdsGrant}, which checks the caller's grants: the default of `loginPolicyApi`. */
  readonly isAllowed: IsAllowed;
  readonly instanceOf: InstanceOf;
  readonly organizations: OrganizationDirectory;
}
