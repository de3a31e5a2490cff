import type { PeerCertificate } from 'node:tls';
import type { OrganizationRef } from '@login-policy/domain';
import type { Caller, Place } from './caller.js';

/** The headers of a request: one value a name, several of one name joined as HTTP says. Names in lower case. */
export interface RequestHeaders {
  /** The value of a header, or `undefined` when it did not come. */
  get(name: string): string | undefined;
}

/** A request as the ports see it: its headers, and what else there is to go by. */
export interface ApiRequest extends RequestHeaders {
  readonly verb: string;
  /** Without the query. Over gRPC and Connect it names the method. */
  readonly path: string;
  /** The address that the connection comes from: that of a proxy, where there is one; `undefined` once it is closed. */
  readonly peerAddress: string | undefined;
  /** The certificate that the client showed over TLS; `undefined` for one that no `ca` of this server vouches for. */
  readonly clientCertificate: PeerCertificate | undefined;
}

/** What a port answers: at once, or later. */
type Answered<Value> = Value | Promise<Value>;

/**
 * Knows who calls. `undefined` is answered with 401; what it throws, with 500 or as a fault of a store.
 */
export type Authenticate = (request: ApiRequest) => Answered<Caller | undefined>;

/** Where something is to be done, and by which request. */
export interface RequestedPlace extends Place {
  readonly request: ApiRequest;
}

/** Knows what a caller may do, and where. It is never asked about a place outside the caller's own instance. */
export type IsAllowed = (caller: Caller, permission: string, place: RequestedPlace) => Answered<boolean>;

/** Knows which instance a request is for, by its host or another header; `undefined` for none that is served here. */
export type InstanceOf = (request: ApiRequest) => Answered<string | undefined>;

/** Knows which organizations an instance has. */
export interface OrganizationDirectory {
  /** Whether the instance has it. A call for one that it does not have is refused. */
  exists(organization: OrganizationRef, request: ApiRequest): Answered<boolean>;
}

/** Whom the API asks what is not its own to decide. */
export interface Ports {
  readonly authenticate: Authenticate;
  /** Default: by the caller's own grants. */
  readonly isAllowed: IsAllowed;
  readonly instanceOf: InstanceOf;
  readonly organizations: OrganizationDirectory;
}
