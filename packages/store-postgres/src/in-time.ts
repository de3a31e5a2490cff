import { DeadlineExceeded, TIME_UP, within } from '@login-policy/event-sourcing/store';

/** What ends a wait for an answer of the server. */
export interface Limits {
  readonly longestMs: number;
  /** Fires when the store is cut off from a server that says nothing. */
  readonly cut: AbortSignal;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
}

/** What comes of work on a connection. @throws ConnectionSilent, DeadlineExceeded: the connection is not to be used again. */
export async function answerInTime<Result>(work: Promise<Result>, { longestMs, cut, signal }: Limits): Promise<Result> {
  const result = await within(work, longestMs, cut, signal);
  if (result !== TIME_UP) return result;
  if (signal?.aborted === true) throw new DeadlineExceeded({ doing: 'an answer of PostgreSQL' });
  throw new ConnectionSilent(longestMs);
}

/** The server said nothing at all for longer than it should take to give up: the connection is not used again. */
export class ConnectionSilent extends Error {
  readonly code = 'ETIMEDOUT';
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}
