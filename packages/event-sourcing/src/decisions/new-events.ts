import type { IdSource } from '../values/ids.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { EventMetadata, EventShape, NewEvent } from '../streams/event.js';
import { freezeMetadata } from '../streams/recording.js';
import type { CommandContext } from './command-context.js';
import type { SaltSource } from './salts.js';

/** What new events are made with. */
export interface Preparation<Event extends EventShape> {
  readonly codec: EventCodec<Event>;
  readonly ids: IdSource;
  readonly context: CommandContext;
  readonly salts: SaltSource;
}

/** Prepares decided events for an append: encodes them, gives them ids, and adds the same metadata to each. */
export function newEvents<Event extends EventShape>(
  decided: readonly Event[],
  { codec, context, ids, salts }: Preparation<Event>,
): readonly NewEvent[] {
  const ready: NewEvent[] = [];
  let metadata: EventMetadata | undefined;
  for (const event of decided) {
    const id = ids();
    const { type, schemaVersion, data } = codec.encode(event);
    if (metadata === undefined) {
      const { actor, correlationId = id, causationId, idempotencyKey, reason } = context;
      const salted = { actorSalt: salts(), reasonSalt: salts() };
      metadata = freezeMetadata({ actor, correlationId, causationId, idempotencyKey, reason, ...salted });
    }
    ready.push({ id, type, schemaVersion, data, metadata });
  }
  return ready;
}
