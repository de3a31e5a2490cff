import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Proposal } from './event-log.js';

/** Either form in which an event is proposed. */
export type ProposedMessage = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NIL = '00000000-0000-0000-0000-000000000000';

/** Reads a proposed event; `undefined` when its id, type or content type is not one (reference §2.4). */
export function proposalOf(message: ProposedMessage): Proposal | undefined {
  const id = message.getId()?.getString() ?? '';
  const type = message.getMetadataMap().get('type') ?? '';
  const contentType = message.getMetadataMap().get('content-type');
  if (!UUID.test(id) || id === NIL || type === '' || contentType === undefined) return undefined;
  return {
    id,
    type,
    isJson: contentType === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

/** The property that an event has to have and does not. */
export function missingIn(message: ProposedMessage): string | undefined {
  return ['type', 'content-type'].find((name) => !message.getMetadataMap().has(name));
}

/** What an event counts for against the append's limit (reference §2.4). */
export function sizeOf(proposals: readonly Proposal[]): number {
  return proposals.reduce((sum, { data, metadata, type }) => sum + data.length + metadata.length + 2 * type.length, 0);
}
