import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { Details } from '@login-policy/domain';
import type { ListDetailsSchema } from '@zitadel/proto/zitadel/object_pb.js';

/** Details as v1 and v2 of the API both have them. */
export interface DetailsFields {
  readonly sequence: bigint;
  readonly creationDate: Timestamp;
  readonly changeDate: Timestamp;
  readonly resourceOwner: string;
}

const [FIRST_MS, LAST_MS] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** A moment as protobuf has it. One before the year 1 or after 9999 becomes the nearest that a `Timestamp` can say. */
export function timestampOf(moment: { toMillis(): number }): Timestamp {
  return timestampFromMs(Math.min(Math.max(moment.toMillis(), FIRST_MS), LAST_MS));
}

/** Says details as the API does: always all four (docs/reference/login-policies.md#details). */
export function detailsMessage(details: Details): DetailsFields {
  return {
    sequence: details.sequence,
    creationDate: timestampOf(details.creationDate),
    changeDate: timestampOf(details.changeDate),
    resourceOwner: details.resourceOwner,
  };
}

/** What a list says of itself: how much there is, and as of which event. */
export function listDetailsMessage(details: Details, total: number): MessageInitShape<typeof ListDetailsSchema> {
  return {
    totalResult: BigInt(total),
    processedSequence: details.sequence,
    viewTimestamp: timestampOf(details.changeDate),
  };
}
