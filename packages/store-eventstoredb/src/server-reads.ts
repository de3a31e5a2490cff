import { onAbort } from '@login-policy/event-sourcing/store';
import type { ReadMessage } from './answers.js';
import type { Barrier, Shown } from './barrier.js';
import type { Connection } from './connection.js';
import { connectionBroke, historyCutOff, unavailable } from './faults.js';
import type { PageContext } from './page-maker.js';
import type { KnownStreams } from './known.js';
import type { LogRecord } from './record.js';
import { ReadCall, SILENCE } from './read-call.js';
import { streamReadRequest, type StreamRead } from './requests.js';
import type { Timeouts } from './options.js';

/** The shared context of all reads of one store. */
export interface ReadingContext extends PageContext {
  readonly connection: Connection;
  readonly known: KnownStreams;
  readonly timeouts: Required<Timeouts>;
  readonly barrier: Barrier;
  /** Fires when the store is closed. */
  readonly closing: AbortSignal;
}

/** One read request, and how to run it. */
export interface ServerRead {
  readonly request: Buffer;
  /** The number of messages to return at once, if there are that many. */
  readonly pageSize: number;
  /** The time-out between two messages. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** The most records received at once. */
const MOST_AT_ONCE = 10_000;
/** A reader that pauses for longer loses its call, because a call takes capacity from other reads. */
const LONGEST_PAUSE_MS = 1000;

/**
 * Sends one read request and yields the messages, until the server ends the read or `signal` fires. When the reader
 * leaves or pauses, the call is ended on the server too.
 *
 * @throws StoreUnavailable when there is no connection, no message arrives in time, or the reader paused.
 */
export async function* serverRead(
  connection: Connection,
  { request, pageSize, withinMs, signal }: ServerRead,
): AsyncGenerator<readonly ReadMessage[], void, undefined> {
  if (!(await connection.reads.acquire(withinMs, { signal }))) {
    throw unavailable(`a read could not start within ${withinMs} ms: too many are running`);
  }
  const options = { withinMs, bufferSize: pageSize, minMessages: pageSize, signal };
  let call: ReadCall | undefined;
  let isOver = false;
  // A reader that has left may never resume this generator, so the slot is not released by its end alone.
  const end = (): void => {
    call?.cancel();
    if (!isOver) connection.reads.release();
    isOver = true;
  };
  let pause: NodeJS.Timeout | undefined;
  const stopListening = onAbort(signal, end);
  try {
    call = await ReadCall.start(connection, request, options);
    for (;;) {
      const messages = await call.next(withinMs);
      if (messages === undefined) return;
      if (messages === SILENCE) {
        call.reportSilence(withinMs);
        throw unavailable(`a read received nothing for ${withinMs} ms`);
      }
      pause = setTimeout(end, LONGEST_PAUSE_MS);
      yield messages;
      clearTimeout(pause);
      if (isOver && !signal.aborted) throw unavailable(`the reader paused for more than ${LONGEST_PAUSE_MS} ms`);
    }
  } finally {
    clearTimeout(pause);
    stopListening();
    end();
  }
}

/** When a read ends, and whether its node has to be the leader. */
export interface Reading {
  readonly signal: AbortSignal;
  /**
   * The barrier that was passed before the read, so that what is not returned does not exist. Without one, the node may
   * lack what was acknowledged: enough where an append to the stream follows, because the server compares its revision.
   */
  readonly shown: Shown | undefined;
}

/** A read after a barrier. @throws StoreUnavailable also when the connection broke meanwhile. */
async function* shownRead(
  connection: Connection,
  read: ServerRead,
  shown: Shown | undefined,
): AsyncGenerator<readonly ReadMessage[], void, undefined> {
  const isBroken = (): boolean => shown?.isSameConnection() === false;
  for await (const messages of serverRead(connection, read)) {
    if (isBroken()) throw connectionBroke('reading');
    yield messages;
  }
  if (isBroken() && !read.signal.aborted) throw connectionBroke('reading');
}

/**
 * The records of one stream: fewer than the limit only where the stream ends. `undefined` when there is no such stream.
 *
 * @throws StoreUnavailable also when the server ended the read early, as if all were well.
 */
export async function streamRecords(
  { connection, timeouts }: Pick<ReadingContext, 'connection' | 'timeouts'>,
  range: StreamRead,
  { signal, shown }: Reading,
): Promise<readonly LogRecord[] | undefined> {
  const pageSize = Math.min(range.limit, MOST_AT_ONCE);
  const read = { request: streamReadRequest(range), pageSize, withinMs: timeouts.readMs, signal };
  const records: LogRecord[] = [];
  let [isComplete, isNotFound] = [false, false];
  // To its end, also where there is no stream: servers take calls that are cancelled by the thousand for an attack.
  for await (const messages of shownRead(connection, read, shown)) {
    records.push(...recordsOf(messages));
    isNotFound ||= messages.some((message) => message.isStreamNotFound);
    isComplete ||= messages.some((message) => message.isEndOfStream);
  }
  if (isNotFound) return undefined;
  if (isComplete || records.length >= range.limit || signal.aborted) return records;
  throw unavailable(`the server ended a read of ${range.streamName} before the end of the stream`);
}

/** The range of the last record of a stream. */
export const LAST_RECORD = { direction: 'backwards', from: undefined, limit: 1 } as const;

/**
 * The last record of a stream.
 *
 * @throws StoreDamaged when all records of the stream are hidden, as by a `$maxAge` that another program has set.
 */
export async function lastRecord(
  context: Pick<ReadingContext, 'connection' | 'timeouts'>,
  streamName: string,
  reading: Reading,
): Promise<LogRecord | undefined> {
  const records = await streamRecords(context, { streamName, ...LAST_RECORD }, reading);
  if (records?.length === 0 && !reading.signal.aborted) throw historyCutOff(streamName, 'the last record');
  return records?.[0];
}

/** The records in messages. */
export function recordsOf(messages: readonly ReadMessage[]): readonly LogRecord[] {
  return messages.flatMap(({ record }) => record ?? []);
}
