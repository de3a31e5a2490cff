import type { WaitOptions } from '../deadline.js';
import { Feed, readThrough, type Reader } from '../store/feed.js';
import { streamThrough, type StreamPage, type StreamPart } from '../store/stream-pages.js';
import type {
  Append,
  EventStore,
  ReadAllOptions,
  ReadStreamOptions,
  ReadStreamsOptions,
  Receipt,
  StreamReceipt,
  SubscriptionMessage,
} from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { pageSizeOf } from '../streams/paging.js';
import type { Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import type { GuardedBackend } from './guarded-backend.js';
import { NO_QUESTION, receiptName } from './view.js';

/** Writes appends, in groups or one by one. */
export type Appends = Pick<EventStore, 'append' | 'close'>;

type ReceiptOptions = Pick<ReadAllOptions, 'pageSize' | 'signal'>;

type Pages = AsyncGenerator<readonly RecordedEvent[], void, undefined>;

/** The event store of a backend. */
export class EngineEventStore implements EventStore {
  readonly #backend: GuardedBackend;
  readonly #appends: Appends;
  readonly #feed: Feed;
  readonly receipts?: (options?: ReceiptOptions) => AsyncIterable<readonly StreamReceipt[]>;
  readonly readStreams?: (options: ReadStreamsOptions) => AsyncIterable<readonly RecordedEvent[]>;

  constructor(backend: GuardedBackend, appends: Appends) {
    this.#backend = backend;
    this.#appends = appends;
    this.#feed = new Feed({
      reader: (options) => this.#reader(options),
      changed: (signal) => backend.changed(signal),
    });
    if (backend.readsReceipts) this.receipts = (options) => this.#receipts(options);
    if (backend.readsStreams) {
      this.readStreams = (options) => {
        pageSizeOf(options);
        return backend.readStreams(options);
      };
    }
  }

  append(append: Append): Promise<readonly RecordedEvent[]> {
    return this.#appends.append(append);
  }

  readStream(streamId: StreamId, options?: ReadStreamOptions): Pages {
    const { name: store } = this.#backend;
    const read = (part: StreamPart): Promise<StreamPage> => this.#backend.readStream(streamId, part, options);
    return streamThrough(streamId, { store, read }, options);
  }

  readAll(options?: ReadAllOptions): Pages {
    return readThrough(this.#reader(options), options);
  }

  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    return this.#feed.subscribe(options);
  }

  async receipt(streamId: StreamId, key: string, wait?: WaitOptions): Promise<Receipt | undefined> {
    const asked = { streamId, key };
    const { receipts } = await this.#backend.look({ ...NO_QUESTION, receipts: [asked] }, wait);
    return receipts.get(receiptName(asked));
  }

  async *#receipts(options?: ReceiptOptions): AsyncGenerator<readonly StreamReceipt[], void, undefined> {
    const limit = pageSizeOf(options);
    let after: StreamReceipt | undefined;
    for (;;) {
      const page = await this.#backend.readReceipts(after, limit, options);
      if (page.length > 0) yield page;
      if (page.length < limit || options?.signal?.aborted === true) return;
      after = page.at(-1);
    }
  }

  async head(wait?: WaitOptions): Promise<Position> {
    return (await this.#backend.look(NO_QUESTION, wait)).head;
  }

  knows(position: Position, wait?: WaitOptions): Promise<boolean> {
    return this.#backend.has(position, wait);
  }

  async close(): Promise<void> {
    const writing = this.#appends.close();
    await Promise.all([writing, this.#backend.closing(writing)]);
    await this.#backend.close();
  }

  #reader(options?: ReadAllOptions): Reader {
    const range = { filter: options?.filter, pageSize: pageSizeOf(options) };
    return (after) => this.#backend.readLog(after, range, options);
  }
}
