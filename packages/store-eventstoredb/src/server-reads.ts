import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { DeadlineExceeded, StoreUnavailable } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Timeouts } from './deadline.js';
import { Ending } from './ending.js';
import { STORE } from './faults.js';
import type { Halves } from './halves.js';
import type { OwnEvents } from './own-events.js';
import type { KnownStreams } from './known-streams.js';
import type { Leadership } from './leadership.js';
import { LogRecord } from './log-record.js';
import { Patience } from './patience.js';
import { ReadCall, SILENCE } from './read-call.js';
import type { WireEvent } from './rows.js';
import type { StreamNames } from './names.js';

/** What all reading of one store shares. */
export interface ReadingContext {
  readonly connection: Connection;
  readonly names: StreamNames;
  readonly known: KnownStreams;
  readonly timeouts: Required<Timeouts>;
  readonly leadership: Leadership;
  readonly halves: Halves;
  readonly own: OwnEvents;
  /** Fires when the store is closed. */
  readonly closing: AbortSignal;
}

/** One read as it is put to the server. */
export interface ServerRead {
  readonly request: ReadReq;
  /** At most so many messages at once, and that many whenever there are. */
  readonly pageSize: number;
  /** Goes on for as long as its reader likes, so it takes no turn from short ones. */
  readonly isLong?: true;
  /** The longest silence. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/**
 * Puts one read to the server and hands on what it sends, until it ends it or `signal` fires. The call is ended on the
 * server too when the reader leaves.
 *
 * @throws StoreUnavailable when there is no connection, or nothing comes for too long.
 */
export async function* serverRead(
  connection: Connection,
  read: ServerRead,
): AsyncGenerator<readonly ReadResp[], void, undefined> {
  const { withinMs } = read;
  if (read.isLong === true) return yield* messagesOf(connection, read);
  if ((await connection.reads.enter(withinMs, read)) === false) {
    const problem = `a read was not begun within ${withinMs} ms: too many are under way`;
    throw new StoreUnavailable({ store: STORE, problem });
  }
  try {
    yield* messagesOf(connection, read);
  } finally {
    connection.reads.leave();
  }
}

async function* messagesOf(
  connection: Connection,
  { request, pageSize, withinMs, signal }: ServerRead,
): AsyncGenerator<readonly ReadResp[], void, undefined> {
  const call = await ReadCall.begin(connection, request, { withinMs, ahead: pageSize, atLeast: pageSize, signal });
  try {
    for (;;) {
      const messages = await call.next(withinMs);
      if (messages === undefined) return;
      if (messages === SILENCE) {
        throw new StoreUnavailable({ store: STORE, problem: `a read fell silent for ${withinMs} ms` });
      }
      yield messages;
    }
  } finally {
    call.cancel();
  }
}

/** The records among messages. Links are not followed, so what they point to is not in them. */
export function recordsOf(messages: readonly ReadResp[]): readonly WireEvent[] {
  const records: WireEvent[] = [];
  for (const message of messages) {
    const record = message.getEvent()?.getEvent();
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** The same as records of the whole log. */
export function logRecordsOf(messages: readonly ReadResp[]): readonly LogRecord[] {
  return recordsOf(messages).map((record) => new LogRecord(record));
}

/** What {@link retrying} needs to know. */
export interface Retrying {
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks again until there is an answer, as long as reads are patient.
 *
 * @throws DeadlineExceeded when `signal` fires, StoreClosed when the store is closed meanwhile; the fault of the last
 *   attempt when patience ends.
 */
export async function retrying<Answer>(
  { closing, timeouts }: ReadingContext,
  { doing, signal }: Retrying,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const ending = new Ending(closing, { signals: [signal] });
  const patience = new Patience(doing, timeouts.retryMs, ending.signal);
  try {
    for (;;) {
      if (ending.isHere()) throw new DeadlineExceeded({ doing });
      try {
        const answer = await ask(ending.signal);
        if (!ending.isHere()) return answer;
      } catch (error) {
        await patience.after(error);
      }
    }
  } finally {
    ending.leave();
  }
}
