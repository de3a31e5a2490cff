import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { Details } from '@login-policy/domain';
import type { ListDetailsSchema } from '@zitadel/proto/zitadel/object_pb.js';

/** The details in v1 and v2 of the API. */
export interface DetailsFields {
  readonly sequence: bigint;
  readonly creationDate: Timestamp;
  readonly changeDate: Timestamp;
  readonly resourceOwner: string;
}

const [FIRST_MS, LAST_MS] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** A time as a protobuf `Timestamp`, clamped to the years 1 to 9999. */
export function timestampOf(moment: { toMillis(): number }): Timestamp {
  return timestampFromMs(Math.min(Math.max(moment.toMillis(), FIRST_MS), LAST_MS));
}

/** The details as a message, always with all four members (docs/reference/login-policies.md#details). */
export function detailsMessage(details: Details): DetailsFields {
  return {
    sequence: details.sequence,
    creationDate: timestampOf(details.creationDate),
    changeDate: timestampOf(details.changeDate),
    resourceOwner: details.resourceOwner,
  };
}

/** The details of a list: its size, and the policy's last event. */
export function listDetailsMessage(details: Details, total: number): MessageInitShape<typeof ListDetailsSchema> {
  return {
    totalResult: BigInt(total),
    processedSequence: details.sequence,
    viewTimestamp: timestampOf(details.changeDate),
  };
}
