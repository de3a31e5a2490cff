import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AuditEntry } from '@login-policy/domain/audit';
import { isOrganization } from '@login-policy/domain/model';
import type { AggregateTypeSchema, EventSchema, EventTypeSchema } from '@zitadel/proto/zitadel/event_pb.js';
import { timestampOf } from './details.js';
import { payloadOf } from './event-payload.js';
import { aggregateTypeOf, eventTypeOf, sentenceOf, type AggregateType } from './event-types.js';

/** The name of this program among those that write events into ZITADEL's log. */
const SERVICE = 'login-policy';

/** Converts an event to a message of the admin service. Its date is the time of the log, which never goes back. */
export function eventMessage(entry: AuditEntry): MessageInitShape<typeof EventSchema> {
  const { actor, loggedAt, owner, sequence } = entry;
  const payload = payloadOf(entry);
  const id = isOrganization(owner) ? owner.organizationId : owner.instanceId;
  return {
    editor: { userId: actor, displayName: actor, service: SERVICE },
    aggregate: { id, type: aggregateTypeMessage(aggregateTypeOf(entry)), resourceOwner: id },
    sequence,
    creationDate: timestampOf(loggedAt),
    ...(payload !== undefined && { payload }),
    type: eventTypeMessage(eventTypeOf(entry)),
  };
}

/** Converts a type of events. */
export function eventTypeMessage(type: string): MessageInitShape<typeof EventTypeSchema> {
  return { type, localized: { key: `EventTypes.${type}`, localizedMessage: sentenceOf(type) } };
}

/** Converts a type of aggregates. */
export function aggregateTypeMessage(type: AggregateType): MessageInitShape<typeof AggregateTypeSchema> {
  const localizedMessage = type === 'instance' ? 'Instance' : 'Organization';
  return { type, localized: { key: `AggregateTypes.${type}`, localizedMessage } };
}
