import type { DescMessage } from '@bufbuild/protobuf';
import type { Details } from '@login-policy/domain';
import { instantJson } from './instant-json.js';

/** Whether all that a message has is the `details` that every command of the v1 services answers. */
export function hasDetailsOnly({ fields: [first, ...others] }: DescMessage): boolean {
  return (
    others.length === 0 &&
    first?.fieldKind === 'message' &&
    first.jsonName === 'details' &&
    first.message.typeName === 'zitadel.v1.ObjectDetails'
  );
}

/**
 * The answer of a command as `toJson` of protobuf-es says its message, to the letter (a property holds it to that), without
 * one: it would cost several times as much, and every command answers it.
 */
export function detailsJson({ changeDate, creationDate, resourceOwner, sequence }: Details): string {
  const dates = `"creationDate":${instantJson(creationDate)},"changeDate":${instantJson(changeDate)}`;
  return `{"details":{"sequence":"${sequence}",${dates},"resourceOwner":${JSON.stringify(resourceOwner)}}}`;
}
