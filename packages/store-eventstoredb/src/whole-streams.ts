import { revision, type Revision, type StreamId } from '@login-policy/event-sourcing';
import {
  followedInAppend,
  type StreamPage,
  type StreamPart,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { backOff } from './timeouts.js';
import { historyReplaced } from './faults.js';
import { partialAppendFault, isFollowedBy, isWhole } from './partial-appends.js';
import type { Page, StreamReader } from './stream-reader.js';
import type { ReadingContext } from './server-reads.js';

/** Past the end of every stream. A backwards read from here begins at the end of its stream. */
const PAST_THE_END = 2n ** 63n - 1n;

/** A part of a stream to read. */
interface WantedPart extends WaitOptions {
  readonly streamId: StreamId;
  readonly from: Revision;
  readonly count: number;
  /** Whether the part begins with the last event of the previous part. */
  readonly isJoined: boolean;
}

/** Reads streams for callers: whole appends only. */
export class WholeStreams {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;

  constructor(context: ReadingContext, streams: StreamReader) {
    this.#context = context;
    this.#streams = streams;
  }

  /**
   * A part of one stream. Waits for the rest of an incomplete append, for at most `stallMs`.
   *
   * @throws UnreadableEvent at an event of an incomplete append, after everything before it was returned.
   * @throws StoreUnavailable when the event before the part no longer exists.
   */
  async part(streamId: StreamId, part: StreamPart, wait: WaitOptions = {}): Promise<StreamPage> {
    const { isForwards, after } = part;
    // The event before the part is read again, to check that the part continues the same history.
    const from = after?.revision ?? revision(part.from);
    const count = part.count + (after === undefined ? 0 : 1);
    const wanted: WantedPart = { streamId, from, count, isJoined: after !== undefined, signal: wait.signal };
    const { events, isLast } = await (isForwards ? this.#forwards(wanted) : this.#backwards(wanted));
    if (after === undefined) return { events, isLast };
    if (events[0]?.id !== after.id) throw historyReplaced(streamId, after.revision);
    return { events: events.slice(1), isLast };
  }

  async #backwards({ streamId, from, count, signal }: WantedPart): Promise<StreamPage> {
    const begin = from >= PAST_THE_END ? undefined : from;
    const page = await this.#streams.read(streamId, { direction: 'backwards', from: begin, limit: count }, signal);
    return { events: page.map(({ event }) => event), isLast: page.length < count };
  }

  async #forwards({ streamId, from, count, isJoined, signal }: WantedPart): Promise<StreamPage> {
    let limit = count;
    for (let attempt = 1; ; attempt++) {
      const page = await this.#streams.read(streamId, { direction: 'forwards', from, limit }, signal);
      const isAtEnd = page.length < limit;
      const { wholeCount, isBroken } = wholeAppendsIn(page, from > 0n);
      const events = page.slice(0, Math.min(wholeCount, count)).map(({ event }) => event);
      const incomplete = page[wholeCount]?.event;
      if (incomplete === undefined) return { events, isLast: isAtEnd && events.length === page.length };
      if (isBroken || (isAtEnd && this.#context.partialAppends.isCutOff(incomplete.position))) {
        // The events before it, unless an earlier call has returned them.
        if (events.length > (isJoined ? 1 : 0)) return { events, isLast: false };
        throw partialAppendFault(incomplete);
      }
      // An append may go past the wanted part.
      if (isAtEnd) await backOff(Math.min(attempt, 3), signal);
      else limit += followedInAppend(page.at(-1)?.event ?? incomplete);
    }
  }
}

/**
 * The number of events in whole appends at the beginning of a page, and whether what follows is part of an append that
 * will never be complete. The first append may lack its beginning, if the read began within it.
 */
function wholeAppendsIn(
  page: Page,
  mayBeginInside: boolean,
): { readonly wholeCount: number; readonly isBroken: boolean } {
  let wholeCount = 0;
  for (const [index, { event }] of page.entries()) {
    if (followedInAppend(event) > 0) {
      const next = page[index + 1]?.event;
      if (next !== undefined && !isFollowedBy(event, next)) return { wholeCount, isBroken: true };
      continue;
    }
    const isComplete = isWhole(page.slice(wholeCount, index + 1)) || (mayBeginInside && wholeCount === 0);
    if (!isComplete) return { wholeCount, isBroken: true };
    wholeCount = index + 1;
  }
  return { wholeCount, isBroken: false };
}
