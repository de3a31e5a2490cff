import type { ConsumerBackend } from '../consume/consumer-backend.js';
import { refuseOver, type WaitOptions } from '../deadline.js';
import { StoreClosed } from '../faults.js';
import type { ReadAhead } from '../store/feed.js';
import type { StreamPage, StreamPart } from '../store/stream-pages.js';
import type { ReadStreamsOptions, StreamReceipt } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import type { RowCount } from '../projections/read-model-store.js';
import type { Backend, CountedRows, FoundRows, LogRange, Transacted, Transaction, WantedRows } from './backend.js';
import type { Plan } from './plan.js';
import type { StoredForm } from './plan-appends.js';
import type { Found, ModelId, ModelTarget, Question, ReceiptKey } from './view.js';

/**
 * A backend whose calls reject with `StoreClosed` once it is closed, and with `DeadlineExceeded` when their signal has
 * fired. Closing also ends waits for a change.
 */
export class GuardedBackend implements Backend {
  readonly name: string;
  readonly form: StoredForm;
  readonly consumers: ConsumerBackend;
  readonly #backend: Backend;
  #isClosed = false;

  constructor(backend: Backend) {
    this.name = backend.name;
    this.form = backend.form;
    this.consumers = backend.consumers;
    this.#backend = backend;
  }

  transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    return this.#call(undefined, () => this.#backend.transact(transaction));
  }

  /** Works after the close, too, because a write that had begun is still completed. */
  wasWritten(plan: Plan): Promise<boolean> {
    return this.#backend.wasWritten(plan);
  }

  look(question: Question, wait?: WaitOptions): Promise<Found> {
    return this.#call(wait, () => this.#backend.look(question, wait));
  }

  /** Whether the backend can check tokens without a query. */
  get tellsCurrent(): boolean {
    return 'isCurrent' in this.#backend;
  }

  isCurrent(token: unknown): boolean {
    return !this.#isClosed && this.#backend.isCurrent?.(token) === true;
  }

  query(target: ModelTarget, query: WantedRows, wait?: WaitOptions): Promise<FoundRows> {
    return this.#call(wait, () => this.#backend.query(target, query, wait));
  }

  count(target: ModelTarget, query: RowCount, wait?: WaitOptions): Promise<CountedRows> {
    return this.#call(wait, () => this.#backend.count(target, query, wait));
  }

  readStream(streamId: StreamId, part: StreamPart, wait?: WaitOptions): Promise<StreamPage> {
    return this.#call(wait, () => this.#backend.readStream(streamId, part, wait));
  }

  /** Its signal ends the read without an error. */
  readLog(after: Position, range: LogRange, wait?: WaitOptions): Promise<ReadAhead> {
    return this.#call(undefined, () => this.#backend.readLog(after, range, wait));
  }

  /** Whether the backend can read one stream after another. */
  get readsStreams(): boolean {
    return 'readStreams' in this.#backend;
  }

  async *readStreams(options: ReadStreamsOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    this.#refuseClosed();
    for await (const page of this.#backend.readStreams?.(options) ?? []) {
      this.#refuseClosed();
      if (options.signal?.aborted === true) return;
      yield page;
    }
  }

  /** Whether the backend can list receipts. */
  get readsReceipts(): boolean {
    return 'readReceipts' in this.#backend;
  }

  readReceipts(after: ReceiptKey | undefined, limit: number, wait?: WaitOptions): Promise<readonly StreamReceipt[]> {
    return this.#call(wait, () => this.#backend.readReceipts?.(after, limit, wait) ?? Promise.resolve([]));
  }

  has(position: Position, wait?: WaitOptions): Promise<boolean> {
    return this.#call(wait, () => this.#backend.has(position, wait));
  }

  openModel(name: string, wait?: WaitOptions): Promise<void> {
    return this.#call(wait, () => this.#backend.openModel(name, wait));
  }

  beginShadow(name: string, wait?: WaitOptions): Promise<ModelId> {
    return this.#call(wait, () => this.#backend.beginShadow(name, wait));
  }

  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.#isClosed ? Promise.resolve() : this.#backend.changed(signal, withinMs);
  }

  async closing(writing: Promise<void>): Promise<void> {
    this.#isClosed = true;
    await this.#backend.closing?.(writing);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#backend.close();
  }

  /** Not an async function: an additional promise is a large part of a command's cost in memory. */
  #call<Result>(wait: WaitOptions | undefined, call: () => Promise<Result>): Promise<Result> {
    try {
      this.#refuseClosed();
      refuseOver(`a call of ${this.name}`, wait);
    } catch (refused) {
      return Promise.reject(refused instanceof Error ? refused : new Error(String(refused)));
    }
    return call();
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new StoreClosed({ store: this.name });
  }
}
