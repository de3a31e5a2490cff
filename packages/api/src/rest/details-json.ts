import { toJson } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { Details } from '@login-policy/domain';
import { timestampOf } from '../messages/details.js';

/**
 * The answer of a command, `details` alone, as `toJson` of protobuf-es says its message, to the letter (a property holds it to that), without
 * one: it would cost several times as much, and every command answers it.
 */
export function detailsJson({ changeDate, creationDate, resourceOwner, sequence }: Details): string {
  const dates = `"creationDate":${instantJson(creationDate)},"changeDate":${instantJson(changeDate)}`;
  return `{"details":{"sequence":"${sequence}",${dates},"resourceOwner":${JSON.stringify(resourceOwner)}}}`;
}

/** Where years get a fifth digit, which RFC 3339 has no room for. */
const YEAR_10000 = Date.UTC(10_000, 0);

/** A moment as `toJson` says its `Timestamp`, quotes and all. What is out of range is left to it. */
function instantJson(moment: { toMillis(): number }): string {
  const instant = moment.toMillis();
  if (instant >= 0 && instant < YEAR_10000) return `"${new Date(instant).toISOString().replace('.000Z', 'Z')}"`;
  return JSON.stringify(toJson(TimestampSchema, timestampOf(moment)));
}
