import { revision, type RecordedEvent, type Revision, type StreamId } from '@login-policy/event-sourcing';
import {
  followedInAppend,
  revisionAfter,
  StoreUnavailable,
  type ReadStreamOptions,
  type StreamPage,
  type StreamPart,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { backOff } from './deadline.js';
import { STORE } from './faults.js';
import { halfFault, isFollowedBy, isWhole } from './halves.js';
import type { Page, StreamReader } from './reading-streams.js';
import type { StoredEvent } from './rows.js';
import { retrying, type ReadingContext } from './server-reads.js';

/** No stream goes on so far: reading backwards from there begins at its end. */
const BEHIND_ALL = 2n ** 63n - 1n;
/** So many records are taken from the server at once. */
const MOST_AT_ONCE = 10_000;

/** What is read of a stream. */
interface Asked extends WaitOptions {
  readonly streamId: StreamId;
  readonly from: Revision;
  readonly count: number;
  /** Whether it begins with the last event that was handed out. */
  readonly isJoined: boolean;
}

/** Reads streams as their readers get them: of an append that is not all there, nothing. */
export class WholeStreams {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;

  constructor(context: ReadingContext, streams: StreamReader) {
    this.#context = context;
    this.#streams = streams;
  }

  /**
   * A part of one stream. An append of which only the beginning is there is waited for, for `stallMs` at the most.
   *
   * @throws UnreadableEvent at an event whose append is not all there, once all before it is handed out.
   * @throws StoreUnavailable when the event before the part is not there any more.
   */
  async part(streamId: StreamId, part: StreamPart, wait: WaitOptions = {}): Promise<StreamPage> {
    const { isForwards, after } = part;
    // The event before comes once more: by it, one part is joined to the next.
    const from = after?.revision ?? revision(part.from);
    const count = part.count + (after === undefined ? 0 : 1);
    const asked: Asked = { streamId, from, count, isJoined: after !== undefined, signal: wait.signal };
    const isSame = await this.#demandLeader(asked);
    const { events, isLast } = isForwards ? await this.#forwards(asked, isSame) : await this.#backwards(asked);
    if (after === undefined) return { events, isLast };
    if (events[0]?.id !== after.id) throw historyReplaced(after);
    return { events: events.slice(1), isLast };
  }

  async #backwards({ from, ...asked }: Asked): Promise<StreamPage> {
    const events: RecordedEvent[] = [];
    const begin = from >= BEHIND_ALL ? {} : { from };
    for await (const page of this.#pages(asked, { ...begin, direction: 'backwards', limit: asked.count }))
      events.push(...page.map(({ event }) => event));
    return { events, isLast: events.length < asked.count };
  }

  async #forwards(asked: Asked, leading: () => boolean): Promise<StreamPage> {
    let isSame = leading;
    const appends = new WholeAppends(asked);
    const events: RecordedEvent[] = [];
    for (let look = 1; ; look++) {
      let taken = 0;
      for await (const page of this.#pages(asked, appends.wanted)) {
        taken += page.length;
        events.push(...appends.take(page).map(({ event }) => event));
      }
      const { broken, first } = appends;
      if (broken !== undefined) return beforeHalf(broken, events, asked);
      if (appends.isDone) return { events, isLast: false };
      const hasMoved = !isSame();
      if (hasMoved) isSame = await this.#demandLeader(asked);
      if (hasMoved || (first !== undefined && taken > 0)) continue;
      if (first === undefined) return { events, isLast: true };
      if (this.#context.halves.isCutOff(first.position)) return beforeHalf(first, events, asked);
      await backOff(Math.min(look, 3), asked.signal);
    }
  }

  #pages({ streamId, count, signal }: Omit<Asked, 'from'>, options: ReadStreamOptions): AsyncIterable<Page> {
    return this.#streams.pages(streamId, { ...options, pageSize: Math.min(count, MOST_AT_ONCE), signal });
  }

  /** A node that was elected, and has not taken over yet, may lack what was acknowledged. */
  #demandLeader({ streamId, signal }: Pick<Asked, 'signal' | 'streamId'>): Promise<() => boolean> {
    const { leadership } = this.#context;
    return retrying(this.#context, { doing: `reading ${streamId}`, signal }, (stop) => leadership.demand(stop));
  }
}

/** What is in front of an append that is not all there. @throws UnreadableEvent when that was handed out before. */
function beforeHalf(first: RecordedEvent, events: readonly RecordedEvent[], { isJoined }: Asked): StreamPage {
  if (events.length > (isJoined ? 1 : 0)) return { events, isLast: false };
  throw halfFault(first);
}

function historyReplaced({ streamId, revision: last }: RecordedEvent): StoreUnavailable {
  const problem = `the event at revision ${last} of ${streamId} is gone since it was read: another history took over meanwhile`;
  return new StoreUnavailable({ store: STORE, problem });
}

/** Takes what comes of a stream apart into whole appends. What is left over begins one. */
class WholeAppends {
  /** The first event of an append that is not going to be whole. */
  broken: RecordedEvent | undefined;
  #next: Revision;
  #begun: StoredEvent[] = [];
  #left: number;
  /** One who begins within an append gets its rest. */
  #mayBeginInside: boolean;

  constructor({ from, count }: Pick<Asked, 'count' | 'from'>) {
    this.#next = from;
    this.#left = count;
    this.#mayBeginInside = from > 0n;
  }

  /** The first event of an append whose end has not come. */
  get first(): RecordedEvent | undefined {
    return this.#begun[0]?.event;
  }

  /** Whether all that was wanted has been handed out. */
  get isDone(): boolean {
    return this.#left <= 0 && this.#begun.length === 0;
  }

  /** What to read next: also beyond what is wanted, to the end of an append. */
  get wanted(): Pick<ReadStreamOptions, 'from' | 'limit'> {
    const last = this.#begun.at(-1)?.event;
    const limit = Math.max(this.#left - this.#begun.length, last === undefined ? 0 : followedInAppend(last));
    return { from: this.#next, limit };
  }

  /** What of it can be handed out, together with what had come before. */
  take(page: Page): Page {
    const whole: StoredEvent[] = [];
    for (const stored of page) {
      const last = this.#begun.at(-1)?.event;
      if (last !== undefined && !isFollowedBy(last, stored.event)) this.broken ??= this.first;
      if (this.broken !== undefined) break;
      this.#begun.push(stored);
      this.#next = revisionAfter(stored.event.revision);
      if (followedInAppend(stored.event) > 0) continue;
      if (!this.#mayBeginInside && !isWhole(this.#begun)) this.broken = this.first;
      else whole.push(...this.#begun.splice(0));
      this.#mayBeginInside = false;
    }
    const wanted = whole.slice(0, this.#left);
    this.#left -= wanted.length;
    return wanted;
  }
}
