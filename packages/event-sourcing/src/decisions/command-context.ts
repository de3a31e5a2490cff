import type { Waiting } from '../values/deadline.js';
import type { EventId } from '../values/ids.js';
import type { Decision } from './decider.js';
import type { EventMetadata, EventShape, Recorded } from '../streams/event.js';
import type { Position } from '../values/position.js';
import type { Revision } from '../values/revision.js';

/** Who gives a command, why, and under which conditions. `undefined` counts as left out. */
export interface CommandContext extends Pick<EventMetadata, 'actor'>, Waiting {
  /** Default: the id of the first event the command writes. */
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
  /**
   * A repetition under the same key gets the first answer. A refusal is not recorded, nor is a command that changes
   * nothing in a stream without events: their repetitions are decided again.
   */
  readonly idempotencyKey?: string | undefined;
  readonly reason?: string | undefined;
  /** Refuse at once unless this is the stream's last revision: the caller decided by what they saw there. */
  readonly ifRevision?: Revision | 'no-stream' | undefined;
  /** Refuse unless this is the stream's last event. After a lost history, another event may have the same revision. */
  readonly ifEventId?: EventId | undefined;
  /**
   * Aborts the command. Before its write has begun, the command writes nothing and rejects with `DeadlineExceeded`.
   * Later it is answered within 100 ms, or rejects with `OutcomeUnknown`.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Aborts the command after this many milliseconds, as `signal` does. Default: 10,000 to wait for earlier commands on
   * the stream, then as long as the store waits.
   */
  readonly waitMs?: number | undefined;
}

/** Why a command was refused before its rules were asked. */
export type PreconditionFailed =
  | {
      readonly reason: 'revision-not-current';
      readonly expected: Revision | 'no-stream';
      readonly actual: Revision | undefined;
    }
  | { readonly reason: 'event-not-current'; readonly expected: EventId; readonly actual: EventId | undefined }
  | { readonly reason: 'idempotency-key-reused'; readonly idempotencyKey: string };

/** The outcome of a command. */
export type Handled<Event extends EventShape, State, Rejection> =
  | {
      readonly outcome: 'accepted';
      /** Right after the command. */
      readonly state: State;
      /** The last event of the stream right after the command; `undefined` when it has none. */
      readonly revision: Revision | undefined;
      /** Pass it to a read as `atLeast` to see what the command wrote. */
      readonly position: Position;
      /** The events it wrote; empty when nothing changed or the command was replayed. */
      readonly events: readonly Recorded<Event>[];
      /** Whether the same command was handled before under its idempotency key. This is then its first answer. */
      readonly isRepeated: boolean;
    }
  | {
      readonly outcome: 'rejected';
      readonly rejection: Rejection | PreconditionFailed;
      /** The state that refused it. */
      readonly state: State;
      readonly revision: Revision | undefined;
    };

/** The answer a command would get, and the state it was decided by. */
export type DryRun<Event extends EventShape, State, Rejection> = Decision<Event, Rejection | PreconditionFailed> & {
  readonly state: State;
};
