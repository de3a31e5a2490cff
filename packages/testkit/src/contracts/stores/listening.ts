import type { ConsumeOptions, Consumer, ConsumerStatus, RecordedEvent, Store } from '@login-policy/event-sourcing';
import type { Handling } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { eventually } from '../patience.js';

/** What a handler of a test does with a call, beside taking note of it. */
export type Doing = (events: readonly RecordedEvent[], handling: Handling) => unknown;

/** A consumer of a test, and all calls of its handler. */
export class Listening {
  readonly calls: (readonly RecordedEvent[])[] = [];
  readonly consumer: Consumer;

  constructor(store: Store, options: Omit<ConsumeOptions, 'handle'>, doing: Doing = () => undefined) {
    this.consumer = store.consume({
      ...options,
      handle: async (events, handling) => {
        this.calls.push(events);
        await doing(events, handling);
      },
    });
  }

  /** The places of all events it was called with, in the order of the calls. */
  get places(): readonly string[] {
    return this.calls.flat().map(placeOf);
  }

  /** Waits for a status. */
  async until(doing: string, isSo: (status: ConsumerStatus) => boolean): Promise<ConsumerStatus> {
    await eventually(doing, async () => isSo(this.consumer.status()));
    return this.consumer.status();
  }

  /** Waits until it was called with these events, and has handled them. @throws AssertionError when it was called with others */
  async demand(events: readonly RecordedEvent[]): Promise<void> {
    if (events.length === 0) fail('nothing was recorded');
    await eventually('the handling of events', async () => this.places.length >= events.length);
    const last = events.at(-1)?.position;
    await this.until('the checkpoint', ({ position }) => position === last);
    demandSame({ what: 'handled events', actual: this.places, expected: events.map(placeOf) });
  }
}

/** An event as a text that says which it is. */
export function placeOf({ streamId, revision }: RecordedEvent): string {
  return `${streamId}@${revision}`;
}
