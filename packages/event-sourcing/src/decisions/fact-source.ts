import type { Deadline } from '../deadline.js';
import type { StreamId } from '../streams/stream-id.js';

/** How facts are asked for. */
export interface Asked<Conditions> {
  /** What the caller set besides the command, for rules that need it: no part of the command's fingerprint. */
  readonly conditions: Conditions | undefined;
  /** Of the command. After it nobody waits for the answer any more. */
  readonly deadline: Deadline;
}

/**
 * Looks up what some commands have to know from outside their stream: whether something exists, what was at a moment.
 *
 * A command that needs facts is first looked for its receipt, so that its repetition is answered whatever could be looked up by
 * then. What was looked up is kept for as long as the command is decided anew.
 */
export interface FactSource<Command, Facts, Conditions = unknown> {
  /** Whether this command needs any facts under these conditions; the others are decided without asking. */
  isNeededFor(command: Command, conditions: Conditions | undefined): boolean;
  /** Asked once for a command, before its turn on the stream. When it rejects, so does the command, and nothing is written. */
  lookUp(streamId: StreamId, command: Command, asked: Asked<Conditions>): Promise<Facts>;
}
