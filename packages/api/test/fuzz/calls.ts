import { getOption, type DescMethod, type JsonValue } from '@bufbuild/protobuf';
import { http } from '@zitadel/proto/google/api/annotations_pb.js';
import fc, { type Arbitrary } from 'fast-check';
import { SERVICES } from '../clients/client.js';
import { ACME, GLOBEX, INSTANCE } from '../service.js';
import { messageJson } from './messages.js';

/** A call that can be made over REST and over gRPC. */
export interface FuzzedCall {
  readonly method: DescMethod;
  readonly json: Readonly<Record<string, JsonValue>>;
  readonly headers: Readonly<Record<string, string>>;
}

const BASES = { admin: '/admin/v1', management: '/management/v1', settings: '' } as const;

/** Every method of the login policy, with the base of its path. */
export const METHODS = (['admin', 'management', 'settings'] as const).flatMap((service) =>
  SERVICES[service].methods
    .filter(({ name }) => /LoginPolicy|LoginSettings/.test(name))
    .map((method): { readonly method: DescMethod; readonly base: string } => ({ method, base: BASES[service] })),
);

const header: Arbitrary<Readonly<Record<string, string>>> = fc.record(
  {
    'x-zitadel-orgid': fc.constantFrom(ACME, ACME, GLOBEX, INSTANCE, 'no-such', '', 'x'.repeat(300)),
    'if-match': fc.oneof(
      { weight: 3, arbitrary: fc.constant('*') },
      fc.integer({ min: 0, max: 12 }).map((sequence) => `"${sequence}"`),
      fc.constantFrom('"default-4"', 'W/"4"', '4', '""', '"99999999999999999999"'),
    ),
    'idempotency-key': fc.constantFrom('one', 'two', 'three', '', 'x'.repeat(300)),
    'x-request-id': fc.constantFrom('my-own', 'x'.repeat(300), 'a b'),
    'login-policy-at-least': fc.constantFrom('0', '-1', 'x', '9'.repeat(60)),
  },
  { requiredKeys: [] },
);

/**
 * A call of any method. Most have no headers that could refuse them, so that states are reached in which others matter.
 */
export const fuzzedCall: Arbitrary<FuzzedCall> = fc.constantFrom(...METHODS).chain(({ method }) =>
  fc.record({
    method: fc.constant(method),
    json: messageJson(method.input),
    headers: fc.oneof(
      { weight: 3, arbitrary: fc.constant({ 'x-zitadel-orgid': ACME }) },
      header.map(({ 'login-policy-at-least': _, ...others }) => others),
    ),
  }),
);

/** What `header` makes, all of it. */
export const fuzzedHeaders = header;

/** As gRPC calls a method. */
export function rpcPathOf({ name, parent }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

/** A call as REST has it. */
export interface RestForm {
  readonly verb: string;
  readonly path: string;
  readonly body: string | undefined;
}

/** The call over REST; `undefined` where its path can't be written. */
export function restForm({ json, method }: Pick<FuzzedCall, 'json' | 'method'>): RestForm | undefined {
  const { body, pattern } = getOption(method, http);
  const base = METHODS.find((one) => one.method === method)?.base ?? '';
  if (pattern.case === undefined || pattern.case === 'custom') return undefined;
  const left: Record<string, JsonValue> = { ...json };
  let isWhole = true;
  const path = pattern.value.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const field = method.input.fields.find((one) => one.name === name);
    const value = left[field?.jsonName ?? name];
    delete left[field?.jsonName ?? name];
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    isWhole &&= text !== '';
    return encodeURIComponent(text);
  });
  const query = body === '*' ? '' : queryOf(left);
  if (!isWhole || query === undefined) return undefined;
  const sent = body === '*' ? JSON.stringify(left) : undefined;
  return { verb: pattern.case.toUpperCase(), path: `${base}${path}${query}`, body: sent };
}

/** As far as a query can say it: `ctx.orgId=…`; an object, and text or switches in it. */
function queryOf(json: Readonly<Record<string, JsonValue>>): string | undefined {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(json)) {
    if (name === 'notAField') continue;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    for (const [member, said] of Object.entries(value)) {
      if (typeof said !== 'string' && typeof said !== 'boolean') return undefined;
      query.append(`${name}.${member}`, String(said));
    }
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}
