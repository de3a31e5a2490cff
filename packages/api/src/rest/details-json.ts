import { isMessage, toJson, type DescMessage, type Message } from '@bufbuild/protobuf';
import { TimestampSchema, type Timestamp } from '@bufbuild/protobuf/wkt';
import { ObjectDetailsSchema, type ObjectDetails } from '@zitadel/proto/zitadel/object_pb.js';

/** Whether all that a message has is the `details` that every command of the v1 services answers. */
export function hasDetailsOnly({ fields: [first, ...others] }: DescMessage): boolean {
  return (
    others.length === 0 &&
    first?.fieldKind === 'message' &&
    first.jsonName === 'details' &&
    first.message.typeName === ObjectDetailsSchema.typeName
  );
}

/**
 * Such a message as `toJson` of protobuf-es says it, to the letter (a property holds it to that), at a tenth of what that
 * costs: every command answers one.
 */
export function detailsJson(message: Message): string {
  const details = 'details' in message ? message.details : undefined;
  return isMessage(details, ObjectDetailsSchema) ? `{"details":{${membersOf(details)}}}` : '{}';
}

function membersOf({ changeDate, creationDate, resourceOwner, sequence }: ObjectDetails): string {
  let members = '';
  if (sequence !== 0n) members = `,"sequence":"${sequence}"`;
  if (creationDate !== undefined) members += `,"creationDate":${instantJson(creationDate)}`;
  if (changeDate !== undefined) members += `,"changeDate":${instantJson(changeDate)}`;
  if (resourceOwner !== '') members += `,"resourceOwner":${JSON.stringify(resourceOwner)}`;
  return members.slice(1);
}

/** Where years get a fifth digit, which RFC 3339 has no room for. */
const YEAR_10000 = Date.UTC(10_000, 0) / 1000;

/** In milliseconds, as all of ours are; any other is left to protobuf-es. */
function instantJson(instant: Timestamp): string {
  const [seconds, milliseconds] = [Number(instant.seconds), instant.nanos / 1e6];
  const isOurs = milliseconds > 0 && Number.isInteger(milliseconds) && seconds >= 0 && seconds < YEAR_10000;
  return isOurs
    ? `"${new Date(seconds * 1000 + milliseconds).toISOString()}"`
    : JSON.stringify(toJson(TimestampSchema, instant));
}
