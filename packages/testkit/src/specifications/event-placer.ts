import {
  type Clock,
  type EventCodec,
  type EventMetadata,
  type Recorded,
  type RecordedEvent,
  type Revision,
  streamId,
  type StreamId,
  type EventId,
} from '@login-policy/event-sourcing';
import { type EventShape, positionOf, revisionAfter } from '@login-policy/event-sourcing/store';
import { fixedClock } from '../clocks.js';
import { sequentialIds } from '../sequential-ids.js';

/** The recorded facts of a test's events; all have defaults. */
export interface PlacingOptions {
  /** Default: `Thing-1`, or a stream of the first category that the projection asks for. */
  readonly streamId?: StreamId;
  /** Default: stands at 2024-06-13T06:44:39.050Z. */
  readonly clock?: Clock;
  readonly metadata?: EventMetadata;
}

const STREAM = streamId('Thing', '1');
const MOMENT = '2024-06-13T06:44:39.050Z';
const METADATA: EventMetadata = { actor: 'tester', correlationId: 'test' };

/**
 * Turns plain events into recorded ones for a test: ids and positions count from 1, revisions from 0 in each stream.
 */
export class EventPlacer {
  /** The stream of the events that {@link place} records. */
  readonly streamId: StreamId;
  readonly #clock: Clock;
  readonly #metadata: EventMetadata;
  readonly #nextId: () => EventId = sequentialIds();
  readonly #revisions = new Map<StreamId, Revision>();
  #placed = 0;

  constructor(options: PlacingOptions = {}) {
    this.streamId = options.streamId ?? STREAM;
    this.#clock = options.clock ?? fixedClock(MOMENT);
    this.#metadata = options.metadata ?? METADATA;
  }

  /** An event as a decider's `evolve` gets it: decoded, with its place. */
  place<Event extends EventShape>(event: Event): Recorded<Event> {
    return withFacts(event, this.#nextFacts(this.streamId, 1));
  }

  /** An event as a store holds it, in any stream: for projections and histories. */
  record<Event extends EventShape>(
    codec: EventCodec<Event>,
    event: Event,
    stream: StreamId = this.streamId,
  ): RecordedEvent {
    const { type, schemaVersion, data } = codec.encode(event);
    return { ...this.#nextFacts(stream, schemaVersion), type, data };
  }

  #nextFacts(stream: StreamId, schemaVersion: number): Facts {
    const revision = revisionAfter(this.#revisions.get(stream));
    this.#revisions.set(stream, revision);
    this.#placed += 1;
    const id = this.#nextId();
    return {
      id,
      streamId: stream,
      revision,
      position: positionOf(this.#placed, id),
      recordedAt: this.#clock(),
      schemaVersion,
      metadata: this.#metadata,
    };
  }
}

// Equivalent to spreading both over a union of events, which the compiler can't infer for a type parameter.
/** What a store adds to an event. */
type Facts = Omit<RecordedEvent, 'data' | 'type'>;

function withFacts<Event extends EventShape>(event: Event, facts: Facts): Recorded<Event>;
function withFacts(event: EventShape, facts: Facts): EventShape & Facts {
  return { ...event, ...facts };
}
