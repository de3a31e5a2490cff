import { type EventStore, type Position, type RecordedEvent, START } from '@login-policy/event-sourcing';
import type { ReadAllOptions, SubscriptionMessage } from '@login-policy/event-sourcing/store';
import { fail, print } from '../../demand.js';
import { within } from '../waiting.js';
import { demandPage } from './reading.js';

/**
 * Reads a subscription and checks what every message promises: pages are neither empty nor too large and end with an
 * append, events are in the order of the store, and no event is at or before a position already passed.
 */
export class Subscriber {
  readonly events: RecordedEvent[] = [];
  /** The position of the last message. A subscription from here continues this one. */
  reached: Position;
  /** The position of the last `caught-up`. */
  caughtUp: Position | undefined;
  readonly #pageSize: number | undefined;
  readonly #messages: AsyncIterator<SubscriptionMessage>;

  constructor(store: EventStore, options: ReadAllOptions = {}) {
    this.reached = options.after ?? START;
    this.#pageSize = options.pageSize;
    this.#messages = store.subscribe(options)[Symbol.asyncIterator]();
  }

  /** The next message; `undefined` when the subscription has ended. */
  async next(): Promise<SubscriptionMessage | undefined> {
    const result = await within('getting a message of the subscription', this.#messages.next());
    if (result.done === true) return undefined;
    if (result.value.kind === 'events') this.#addEvents(result.value.events);
    else this.caughtUp = result.value.position;
    if (result.value.position < this.reached) fail(`position ${result.value.position} comes after ${this.reached}`);
    this.reached = result.value.position;
    return result.value;
  }

  /** Reads until this number of events has arrived in total. */
  untilCount(count: number): Promise<void> {
    return this.#until(`${count} events`, () => this.events.length >= count);
  }

  /** Reads on until all events up to this position were delivered. */
  untilCaughtUp(position: Position): Promise<void> {
    return this.#until(`caught-up at ${position}`, () => this.caughtUp !== undefined && this.caughtUp >= position);
  }

  /** Reads on until the end. */
  async untilEnd(): Promise<void> {
    while ((await this.next()) !== undefined);
  }

  /** Ends the subscription, as leaving a `for await` does. */
  async leave(): Promise<void> {
    const result = await within('ending the subscription', Promise.resolve(this.#messages.return?.()));
    if (result !== undefined && result.done !== true) fail('the result after leaving a subscription must be done');
  }

  async #until(what: string, hasReached: () => boolean): Promise<void> {
    while (!hasReached()) {
      if ((await this.next()) === undefined) {
        fail(`the subscription ended before ${what}, after ${this.events.length} events`);
      }
    }
  }

  #addEvents(events: readonly RecordedEvent[]): void {
    demandPage(events, this.#pageSize);
    for (const event of events) {
      if (event.position <= this.reached)
        fail(`after ${this.reached} came the event at ${print(event.position)} again`);
      this.reached = event.position;
      this.events.push(event);
    }
  }
}
