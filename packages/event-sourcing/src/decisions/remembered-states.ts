import type { Deadline } from '../deadline.js';
import type { Revision } from '../streams/revision.js';
import type { StreamId } from '../streams/stream-id.js';
import type { StateAt } from './state-at.js';

/**
 * Where states of long streams may be had without folding all of the events. None is believed before the stream is seen to hold the
 * event it ends with, and what can't be had is done without.
 */
export interface RememberedStates<State> {
  /** How many events apart the snapshots of a stream are: the first is after so many. */
  readonly every: number;
  /** The last state of a stream. */
  latest(streamId: StreamId, deadline: Deadline): Promise<StateAt<State> | undefined>;
  /** The snapshot right after an event of a stream. */
  after(streamId: StreamId, last: Revision, deadline: Deadline): Promise<StateAt<State> | undefined>;
}
