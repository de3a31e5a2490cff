import type { ConsumerBackend } from '../consume/consumer-backend.js';
import { throwIfExpired, type WaitOptions } from '../deadline.js';
import { Fault } from '../fault.js';
import type { ReadAhead } from '../store/feed.js';
import type { StreamPage, StreamPart } from '../store/stream-pages.js';
import type { ReadStreamsOptions, ReceiptOptions, StreamReceipt } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import type { LogBackend, LogRange, Placed, Transacted, Transaction } from './log-backend.js';
import type { Plan } from './plan.js';
import type { StoredForm } from './plan-appends.js';
import type { Found, Question } from './view.js';

/**
 * Wraps a backend of events. Every call rejects with `StoreClosed` after the close, and with `DeadlineExceeded` at its
 * deadline. The close ends all waits for a change.
 */
export class GuardedLog {
  readonly name: string;
  readonly form: StoredForm;
  readonly consumers: ConsumerBackend;
  readonly lateByMs: number | undefined;
  readonly #backend: LogBackend;
  #isClosed = false;

  constructor(backend: LogBackend) {
    this.name = backend.name;
    this.form = backend.form;
    this.consumers = backend.consumers;
    this.lateByMs = backend.lateByMs;
    this.#backend = backend;
  }

  trouble(): Fault | undefined {
    return this.#backend.trouble?.();
  }

  transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    return this.call(undefined, () => this.#backend.transact(transaction));
  }

  /** Works after the close, too, because a write that had begun is still completed. */
  wasWritten(plan: Plan): Promise<Placed | boolean> {
    return this.#backend.wasWritten(plan);
  }

  look(question: Question, wait?: WaitOptions): Promise<Found> {
    return this.call(wait, () => this.#backend.look(question, wait));
  }

  readStream(streamId: StreamId, part: StreamPart, wait?: WaitOptions): Promise<StreamPage> {
    return this.call(wait, () => this.#backend.readStream(streamId, part, wait));
  }

  /** Its signal ends the read without an error. */
  readLog(after: Position, range: LogRange, wait?: WaitOptions): Promise<ReadAhead> {
    return this.call(undefined, () => this.#backend.readLog(after, range, wait));
  }

  /** Absent where the backend has no such method, as is the next one. */
  get readStreams():
    | ((options: ReadStreamsOptions & { readonly pageSize: number }) => AsyncIterable<readonly RecordedEvent[]>)
    | undefined {
    const read = this.#backend.readStreams?.bind(this.#backend);
    return read && ((options) => this.#pages(() => read(options), options));
  }

  get readReceipts(): ((options: ReceiptOptions) => AsyncIterable<readonly StreamReceipt[]>) | undefined {
    const read = this.#backend.readReceipts?.bind(this.#backend);
    return read && ((options) => this.#pages(() => read(options), options));
  }

  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.#isClosed ? Promise.resolve() : this.#backend.changed(signal, withinMs);
  }

  async close(writing?: Promise<void>): Promise<void> {
    this.#isClosed = true;
    await this.#backend.close(writing);
  }

  protected get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Not an async function: an additional promise is a large part of a command's cost in memory. */
  protected call<Result>(wait: WaitOptions | undefined, call: () => Promise<Result>): Promise<Result> {
    try {
      this.#refuseClosed();
      throwIfExpired(`a call of ${this.name}`, wait);
    } catch (refused) {
      return Promise.reject(refused instanceof Error ? refused : new Error(String(refused)));
    }
    return call();
  }

  async *#pages<Page>(
    read: () => AsyncIterable<Page>,
    { signal }: Pick<ReceiptOptions, 'signal'>,
  ): AsyncGenerator<Page, void, undefined> {
    this.#refuseClosed();
    for await (const page of read()) {
      this.#refuseClosed();
      if (signal?.aborted === true) return;
      yield page;
    }
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new Fault('store-closed', { store: this.name });
  }
}
