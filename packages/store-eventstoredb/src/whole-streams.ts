import { revision, type Revision, type StreamId } from '@login-policy/event-sourcing';
import {
  followedInAppend,
  type StreamPage,
  type StreamPart,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { historyReplaced } from './faults.js';
import type { StreamReader } from './stream-reader.js';
import type { ReadingContext } from './server-reads.js';
import { backOff } from './time.js';

/** Past the end of every stream. A backwards read from here begins at the end of its stream. */
const PAST_THE_END = 2n ** 63n - 1n;

/** A part of a stream to read. */
interface WantedPart extends WaitOptions {
  readonly streamId: StreamId;
  readonly from: Revision;
  readonly count: number;
}

/** Reads parts of streams. Which of their appends are whole, the engine sees. */
export class WholeStreams {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;

  constructor(context: ReadingContext, streams: StreamReader) {
    this.#context = context;
    this.#streams = streams;
  }

  /**
   * A part of one stream. Waits for at most `stallMs` where the server does not show the rest of its last append yet.
   *
   * @throws StoreUnavailable when the event before the part no longer exists.
   */
  async part(streamId: StreamId, part: StreamPart, wait: WaitOptions = {}): Promise<StreamPage> {
    const { isForwards, after } = part;
    // The event before the part is read again, to check that the part continues the same history.
    const from = after?.revision ?? revision(part.from);
    const count = part.count + (after === undefined ? 0 : 1);
    const wanted: WantedPart = { streamId, from, count, signal: wait.signal };
    const { events, isLast } = await this.#read(isForwards, wanted);
    if (after === undefined) return { events, isLast };
    if (events[0]?.id !== after.id) throw historyReplaced(streamId, after.revision);
    return { events: events.slice(1), isLast };
  }

  async #read(isForwards: boolean, { streamId, from, count, signal }: WantedPart): Promise<StreamPage> {
    const direction = isForwards ? 'forwards' : 'backwards';
    const begin = !isForwards && from >= PAST_THE_END ? undefined : from;
    for (let attempt = 1; ; attempt++) {
      const page = await this.#streams.read(streamId, { direction, from: begin, limit: count }, { signal });
      const events = page.map(({ event }) => event);
      const isLast = page.length < count;
      const end = isForwards ? isLast && events.at(-1) : begin === undefined && events[0];
      if (!end || followedInAppend(end) === 0 || this.#context.partialAppends.isCutOff(end.position))
        return { events, isLast };
      await backOff(Math.min(attempt, 3), signal);
    }
  }
}
