import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { Scope } from '../calls/scope.js';
import type { OwnerRef } from '@login-policy/domain';
import type { Schema, Schemas } from './schemas.js';

/** The request headers of every read. */
export const READ_HEADERS: readonly string[] = ['Login-Policy-At-Least'];

/** The request headers of every change. */
export const CHANGE_HEADERS: readonly string[] = [
  'If-Match',
  'Login-Policy-If-Seen',
  'Idempotency-Key',
  'Login-Policy-Reason',
  'Login-Policy-Acknowledge',
];

/** Headers as parameters; the organization's header only where it is used. */
export function headerParameters(names: readonly string[], level: Scope<OwnerRef>['level']): readonly Schema[] {
  const all = [...(level === 'organization' ? ['x-zitadel-orgid'] : []), ...names, 'x-request-id'];
  return all.map((name) => ({ name, in: 'header', schema: { type: 'string' } }));
}

/** The fields of a request without a body; those of a nested message are prefixed with its name and a dot. */
export function queryParameters(desc: DescMessage, schemas: Schemas): readonly Schema[] {
  return desc.fields.flatMap((field) => queryParameter(field, '', schemas));
}

function queryParameter(field: DescField, path: string, schemas: Schemas): readonly Schema[] {
  const name = `${path}${field.jsonName}`;
  if (field.fieldKind !== 'message') return [{ name, in: 'query', schema: schemas.field(field) }];
  return field.message.fields.flatMap((inner) => queryParameter(inner, `${name}.`, schemas));
}
