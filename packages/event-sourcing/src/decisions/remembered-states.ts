import type { Deadline } from '../deadline.js';
import type { Revision } from '../streams/revision.js';
import type { StreamId } from '../streams/stream-id.js';
import type { StateAt } from './state-at.js';

/**
 * Snapshots of long streams. A snapshot is used only once the stream is seen to hold the event it ends with; a missing
 * snapshot is made up for by folding.
 */
export interface RememberedStates<State> {
  /** The number of events between two snapshots of a stream; the first comes after as many. */
  readonly every: number;
  /** The snapshot of a stream's last state. */
  latest(streamId: StreamId, deadline: Deadline): Promise<StateAt<State> | undefined>;
  /** The snapshot right after an event of a stream. */
  after(streamId: StreamId, last: Revision, deadline: Deadline): Promise<StateAt<State> | undefined>;
}
