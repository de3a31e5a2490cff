import type { Deadline } from '../values/deadline.js';
import type { StreamId } from '../values/stream-id.js';

/** The context of a look-up. */
export interface Asked<Conditions> {
  /** Conditions the caller set besides the command. They are not part of the command's fingerprint. */
  readonly conditions: Conditions | undefined;
  /** The command's deadline: after it the caller no longer waits. */
  readonly deadline: Deadline;
}

/**
 * Looks up what a command needs to know from outside its stream: whether something exists, or what was at some time.
 *
 * The receipt is looked up first, so that a replay is answered without facts. The facts stay the same for all attempts
 * at one command, unless the stream that the decision names as `given` has changed.
 */
export interface FactSource<Command, Facts, Conditions = unknown> {
  /** Whether this command needs facts under these conditions. Other commands are decided without a look-up. */
  isNeededFor(command: Command, conditions: Conditions | undefined): boolean;
  /**
   * Called before the lock on the stream: once per command, and again when the stream in `given` has changed. When it rejects, the command rejects and writes nothing.
   */
  lookUp(streamId: StreamId, command: Command, asked: Asked<Conditions>): Promise<Facts>;
}
