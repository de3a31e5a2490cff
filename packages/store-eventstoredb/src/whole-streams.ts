import type { RecordedEvent, Revision, StreamId } from '@login-policy/event-sourcing';
import {
  followedInAppend,
  limitOf,
  pageSizeOf,
  revisionAfter,
  type ReadStreamOptions,
} from '@login-policy/event-sourcing/store';
import { backOff } from './deadline.js';
import { halfFault, isFollowedBy, isWhole } from './halves.js';
import type { Page, StreamReader } from './reading-streams.js';
import type { StoredEvent } from './rows.js';
import { retrying, type ReadingContext } from './server-reads.js';

/** Reads streams as their readers get them: of an append that is not all there, nothing. */
export class WholeStreams {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;

  constructor(context: ReadingContext, streams: StreamReader) {
    this.#context = context;
    this.#streams = streams;
  }

  /**
   * The pages of one stream. An append of which only the beginning is there is waited for, for `stallMs` at the most.
   *
   * @throws UnreadableEvent at an event whose append is not all there, once all before it is handed out.
   */
  async *pages(
    streamId: StreamId,
    options: ReadStreamOptions,
    left: AbortSignal,
  ): AsyncGenerator<Page, void, undefined> {
    const [pageSize] = [pageSizeOf(options), limitOf(options)];
    const signal = options.signal ?? left;
    let isSame = await this.#demandLeader(streamId, signal);
    if (options.direction === 'backwards') return yield* this.#streams.pages(streamId, options, left);
    const appends = new WholeAppends(options);
    for (let look = 1; ; look++) {
      let taken = 0;
      for await (const page of this.#streams.pages(streamId, { ...options, ...appends.wanted }, left)) {
        taken += page.length;
        const whole = appends.take(page);
        for (let at = 0; at < whole.length; at += pageSize) yield whole.slice(at, at + pageSize);
        if (appends.broken !== undefined) throw halfFault(appends.broken);
      }
      const { first } = appends;
      if (appends.isDone || left.aborted || options.signal?.aborted === true) return;
      const hasMoved = !isSame();
      if (hasMoved) isSame = await this.#demandLeader(streamId, signal);
      if (hasMoved || (first !== undefined && taken > 0)) continue;
      if (first === undefined) return;
      if (this.#context.halves.isCutOff(first.position)) throw halfFault(first);
      await backOff(Math.min(look, 3), left);
    }
  }

  /** A node that was elected, and has not taken over yet, may lack what was acknowledged. */
  #demandLeader(streamId: StreamId, signal: AbortSignal): Promise<() => boolean> {
    const { leadership } = this.#context;
    return retrying(this.#context, { doing: `reading ${streamId}`, signal }, (stop) => leadership.demand(stop));
  }
}

/** Takes what comes of a stream apart into whole appends. What is left over begins one. */
class WholeAppends {
  /** The first event of an append that is not going to be whole. */
  broken: RecordedEvent | undefined;
  #next: Revision | undefined;
  #begun: StoredEvent[] = [];
  #left: number;
  /** One who begins within an append gets its rest. */
  #mayBeginInside: boolean;

  constructor({ from, limit = Infinity }: ReadStreamOptions) {
    this.#next = from;
    this.#left = limit;
    this.#mayBeginInside = from !== undefined && from > 0n;
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
    return { ...(this.#next !== undefined && { from: this.#next }), limit };
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
