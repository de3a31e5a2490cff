import { toJson } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { Details } from '@login-policy/domain';
import { timestampOf } from '../messages/details.js';

/**
 * The `details` of a command's answer as JSON, identical to protobuf-es's `toJson` (a property test checks that) but
 * without a message, because every command needs it and a message costs several times as much.
 */
export function detailsJson({ changeDate, creationDate, resourceOwner, sequence }: Details): string {
  const dates = `"creationDate":${instantJson(creationDate)},"changeDate":${instantJson(changeDate)}`;
  return `{"details":{"sequence":"${sequence}",${dates},"resourceOwner":${JSON.stringify(resourceOwner)}}}`;
}

/** From then on, years have five digits, which RFC 3339 does not allow. */
const YEAR_10000 = Date.UTC(10_000, 0);

/** A time as `toJson` formats a `Timestamp`, with quotes. A time out of range is left to `toJson`. */
function instantJson(moment: { toMillis(): number }): string {
  const instant = moment.toMillis();
  if (instant >= 0 && instant < YEAR_10000) return `"${new Date(instant).toISOString().replace('.000Z', 'Z')}"`;
  return JSON.stringify(toJson(TimestampSchema, timestampOf(moment)));
}
