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

  /** All delivered events as text, in the order of the calls. */
  get handledEvents(): readonly string[] {
    return this.calls.flat().map(eventText);
  }

  /** Waits for a status. `label` names it in the error message. */
  async until(label: string, hasStatus: (status: ConsumerStatus) => boolean): Promise<ConsumerStatus> {
    await eventually(label, async () => hasStatus(this.consumer.status()));
    return this.consumer.status();
  }

  /** Waits until these events were delivered and handled. @throws AssertionError when others were delivered */
  async demandHandled(events: readonly RecordedEvent[]): Promise<void> {
    if (events.length === 0) fail('nothing was recorded');
    await eventually(`handling ${events.length} events`, async () => this.handledEvents.length >= events.length);
    const last = events.at(-1)?.position;
    await this.until('moving the checkpoint to the last event', ({ position }) => position === last);
    demandSame({ what: 'handled events', actual: this.handledEvents, expected: events.map(eventText) });
  }
}

/** An event as text, for comparisons. */
export function eventText({ streamId, revision }: RecordedEvent): string {
  return `${streamId}@${revision}`;
}

/** Rejects with any value, even one that is not an error. */
export function rejectedWith(thrown: unknown): Promise<void> {
  return new Promise((_, reject) => {
    Reflect.apply(reject, undefined, [thrown]);
  });
}

/** Resolves when the signal has fired. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
