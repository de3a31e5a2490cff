import type { DescMethod, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { SettingsService } from '@zitadel/proto/zitadel/settings/v2/settings_service_pb.js';

export type ServiceName = 'admin' | 'management' | 'settings';

/** One call, in words that every client can be told. */
export interface Call {
  readonly service: ServiceName;
  readonly method: string;
  readonly request?: JsonObject;
  readonly token?: string;
  readonly organization?: string;
}

/** What a client says of the answer: JSON of the message, or code and text of the error. */
export type Outcome =
  | { readonly ok: true; readonly json: JsonValue }
  | { readonly ok: false; readonly code: number; readonly message: string; readonly id: string };

/** A client that nobody here wrote, behind one method. */
export interface Client {
  readonly name: string;
  /** Which of the services it has. */
  readonly services: readonly ServiceName[];
  readonly call: (call: Call) => Promise<Outcome>;
  readonly close?: () => void;
}

export const SERVICES = { admin: AdminService, management: ManagementService, settings: SettingsService };

/** The descriptor of a method, by the name the proto has. */
export function methodOf({ service, method }: Call): DescMethod {
  const found = SERVICES[service].methods.find(({ name }) => name === method);
  if (found === undefined) throw new Error(`${service} has no method ${method}`);
  return found;
}

/** What the published descriptors know of an outcome: they lack a field that today's login app reads. */
export function asPublished(outcome: Outcome): Outcome {
  if (!outcome.ok) return outcome;
  const hide = (name: string, value: unknown): unknown => (name === 'allowLocalAuthentication' ? undefined : value);
  return { ok: true, json: JSON.parse(JSON.stringify(outcome.json, hide)) };
}

/** The headers of a call. */
export function headersOf({ token, organization }: Call): Record<string, string> {
  return {
    ...(token !== undefined && token !== '' && { authorization: `Bearer ${token}` }),
    ...(organization !== undefined && { 'x-zitadel-orgid': organization }),
  };
}

/** Something that can be called, of which no more is known. */
export function isCallable(value: unknown): value is (...given: readonly unknown[]) => unknown {
  return typeof value === 'function';
}

/** Calls a method of a client by its name. */
export function callByName(client: object, name: string, given: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(client, name);
  if (!isCallable(method)) throw new Error(`the client has no method ${name}`);
  return Reflect.apply(method, client, given);
}
