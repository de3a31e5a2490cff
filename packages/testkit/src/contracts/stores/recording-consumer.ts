import type {
  ConsumeOptions,
  Consumer,
  ConsumerStatus,
  Handling,
  RecordedEvent,
  Store,
} from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { eventually } from '../waiting.js';

/** The handler of a test. Its calls are recorded. */
export type TestHandler = (events: readonly RecordedEvent[], handling: Handling) => unknown;

/** A consumer that records all calls of its handler. */
export class RecordingConsumer {
  readonly calls: (readonly RecordedEvent[])[] = [];
  readonly consumer: Consumer;

  constructor(store: Store, options: Omit<ConsumeOptions, 'handle'>, handle: TestHandler = () => undefined) {
    this.consumer = store.consume({
      ...options,
      handle: async (events, handling) => {
        this.calls.push(events);
        await handle(events, handling);
      },
    });
  }

  /** The places of all delivered events, in the order of the calls. */
  get places(): readonly string[] {
    return this.calls.flat().map(placeOf);
  }

  /** Waits for a status. */
  async until(doing: string, isSo: (status: ConsumerStatus) => boolean): Promise<ConsumerStatus> {
    await eventually(doing, async () => isSo(this.consumer.status()));
    return this.consumer.status();
  }

  /** Waits until these events were delivered and handled. @throws AssertionError when others were delivered */
  async demand(events: readonly RecordedEvent[]): Promise<void> {
    if (events.length === 0) fail('nothing was recorded');
    await eventually('the handling of events', async () => this.places.length >= events.length);
    const last = events.at(-1)?.position;
    await this.until('the checkpoint', ({ position }) => position === last);
    demandSame({ what: 'handled events', actual: this.places, expected: events.map(placeOf) });
  }
}

/** An event as text, for comparisons. */
export function placeOf({ streamId, revision }: RecordedEvent): string {
  return `${streamId}@${revision}`;
}
