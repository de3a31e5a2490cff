import { acrossCopies, Fault } from '@login-policy/event-sourcing';
import { TIME_UP, within } from '@login-policy/event-sourcing/store';

/** The limits of a wait for the server. */
export interface Limits {
  readonly longestMs: number;
  /** Fires when a closing store abandons its work, because the server is silent. */
  readonly abandoning: AbortSignal;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
}

/**
 * The outcome of work on a connection.
 *
 * @throws ConnectionSilent, DeadlineExceeded; the connection must then be discarded.
 */
export async function answerInTime<Result>(
  work: Promise<Result>,
  { longestMs, abandoning, signal }: Limits,
): Promise<Result> {
  const result = await within(work, longestMs, abandoning, signal);
  if (result !== TIME_UP) return result;
  if (signal?.aborted === true) throw new Fault('deadline-exceeded', { doing: 'waiting for an answer of PostgreSQL' });
  throw new ConnectionSilent(longestMs);
}

/** The server was silent for so long that the connection is discarded. */
export class ConnectionSilent extends Error {
  readonly code = 'ETIMEDOUT';
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}
acrossCopies(ConnectionSilent, 'ConnectionSilent');
