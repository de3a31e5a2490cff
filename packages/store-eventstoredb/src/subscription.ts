import { START, type Position } from '@login-policy/event-sourcing';
import {
  pageSizeOf,
  type Listener,
  type ReadAllOptions,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing/store';
import { Ending, leavable } from './ending.js';
import type { FeedContext, LiveFeed } from './watch.js';
import type { LogRecord } from './log-record.js';
import { PageMaker } from './page-maker.js';
import { Patience } from './patience.js';

/** What subscribing needs besides what reading does. */
export interface SubscribingContext extends FeedContext {
  readonly feed: LiveFeed;
}

type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

/** What `EventStore.subscribe` promises. */
export function subscribe(context: SubscribingContext, options: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
  return leavable((left) => new Subscription(context, options).messages(left));
}

/**
 * Reads to the end of the log by reads of its own, at its reader's pace, then hands out what the store's feed hears. It
 * listens before it reads, so that nothing is missed between the two; a reader too slow for the feed reads again.
 */
class Subscription {
  readonly #context: SubscribingContext;
  readonly #options: ReadAllOptions;
  readonly #pageSize: number;
  readonly #maker: PageMaker;
  #announced: Position | undefined;

  constructor(context: SubscribingContext, options: ReadAllOptions) {
    this.#context = context;
    this.#options = options;
    this.#pageSize = pageSizeOf(options);
    this.#maker = new PageMaker(context.names, options.filter, options.after ?? START);
  }

  async *messages(left: AbortSignal): Messages {
    const ending = new Ending(this.#context.closing, { signals: [this.#options.signal, left] });
    const patience = Patience.endless(ending.signal);
    try {
      while (!ending.isHere()) {
        const listener = this.#context.feed.join();
        // Also while nobody asks for the next message.
        ending.signal.addEventListener('abort', listener.leave);
        try {
          yield* this.#follow(listener, ending, patience);
        } catch (error) {
          await patience.after(error);
        } finally {
          ending.signal.removeEventListener('abort', listener.leave);
          listener.leave();
        }
      }
    } finally {
      ending.leave();
    }
  }

  /** Until it falls behind what the feed keeps, or its end. */
  async *#follow(listener: Listener<LogRecord>, ending: Ending, patience: Patience): Messages {
    let news = await listener.next(ending.signal);
    if (news === undefined || news === 'missed') return;
    const reading = { filter: this.#options.filter, pageSize: this.#pageSize, ending };
    for await (const page of this.#context.log.fill(this.#maker, reading)) yield this.#messageOf(page);
    while (!ending.isHere()) {
      patience.renew();
      this.#maker.take(news.items);
      yield* this.#handOut(news.position);
      news = await listener.next(ending.signal);
      if (news === undefined || news === 'missed') return;
    }
  }

  async *#handOut(reached: Position): Messages {
    while (this.#maker.whole > 0) yield this.#messageOf(this.#maker.handOut(this.#pageSize));
    // Between the beginning of an append and its end nothing is said.
    if (this.#maker.isInside || (this.#announced !== undefined && reached <= this.#announced)) return;
    this.#maker.reach(reached);
    this.#announced = this.#maker.handedOut;
    yield { kind: 'caught-up', position: this.#announced };
  }

  #messageOf(page: ReturnType<PageMaker['handOut']>): SubscriptionMessage {
    return { kind: 'events', events: page.map(({ event }) => event), position: this.#maker.handedOut };
  }
}
