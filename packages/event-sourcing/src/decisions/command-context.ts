import type { Waiting } from '../deadline.js';
import type { EventId } from '../ids.js';
import type { Decision } from './decision.js';
import type { EventMetadata, EventShape, Recorded } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import type { Revision } from '../streams/revision.js';

/** Who gives a command, why, and under which conditions. A member that is `undefined` counts as left out. */
export interface CommandContext extends Pick<EventMetadata, 'actor'>, Waiting {
  /** Default: the id of the first event that the command writes. */
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly reason?: string | undefined;
  /** Refuse at once unless this is the last event of the stream: the caller decided by what he saw there. */
  readonly ifRevision?: Revision | 'no-stream' | undefined;
  /** Refuse unless this is the stream's last event: in a history that was lost, another may stand at its revision. */
  readonly ifEventId?: EventId | undefined;
  /**
   * Fired before the events are being written, the command writes nothing and rejects with `DeadlineExceeded`; fired later, it is
   * answered within 100 ms, or rejects with `OutcomeUnknown`.
   */
  readonly signal?: AbortSignal | undefined;
  /** As if `signal` fired after so many milliseconds. Default: 10,000 for those before it on its stream, then as long as the store waits. */
  readonly waitMs?: number | undefined;
}

/** Why a command was refused whatever its rules say. */
export type PreconditionFailed =
  | {
      readonly reason: 'revision-not-current';
      readonly expected: Revision | 'no-stream';
      readonly actual: Revision | undefined;
    }
  | { readonly reason: 'event-not-current'; readonly expected: EventId; readonly actual: EventId | undefined }
  | { readonly reason: 'idempotency-key-reused'; readonly idempotencyKey: string }
  /** It needs an event of this type and schema version, which may not be written yet. */
  | { readonly reason: 'shape-not-yet-allowed'; readonly type: string; readonly schemaVersion: number };

/** What became of a command. */
export type Handled<Event extends EventShape, State, Rejection> =
  | {
      readonly outcome: 'accepted';
      /** Right after the command. */
      readonly state: State;
      /** The last event of the stream right after the command; `undefined` when it has none. */
      readonly revision: Revision | undefined;
      /** Ask a read for at least this to find what the command wrote. */
      readonly position: Position;
      /** What it wrote: nothing, when nothing was to change or when it is a repetition. */
      readonly events: readonly Recorded<Event>[];
      /** Whether the same command came before under its idempotency key: this is the answer it got then. */
      readonly isRepeated: boolean;
    }
  | {
      readonly outcome: 'rejected';
      readonly rejection: Rejection | PreconditionFailed;
      /** By which it was refused. */
      readonly state: State;
      readonly revision: Revision | undefined;
    };

/** What a command would be answered, and by which state. */
export type Considered<Event extends EventShape, State, Rejection> = Decision<Event, Rejection | PreconditionFailed> & {
  readonly state: State;
};
