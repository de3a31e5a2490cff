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

/** Says details as the API does: always all four (docs/reference/login-policies.md#details). */
export function detailsMessage(details: Details): DetailsFields {
  return {
    sequence: details.sequence,
    creationDate: timestampFromMs(details.creationDate.toMillis()),
    changeDate: timestampFromMs(details.changeDate.toMillis()),
    resourceOwner: details.resourceOwner,
  };
}

/** What a list says of itself: how much there is, and as of which event. */
export function listDetailsMessage(details: Details, total: number): MessageInitShape<typeof ListDetailsSchema> {
  return {
    totalResult: BigInt(total),
    processedSequence: details.sequence,
    viewTimestamp: timestampFromMs(details.changeDate.toMillis()),
  };
}
