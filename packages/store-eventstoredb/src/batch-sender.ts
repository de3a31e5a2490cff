import { isFault } from '@login-policy/event-sourcing';
import { TIME_UP, within } from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import { lost, type Answer } from './append-answer.js';
import { BatchCall } from './batch-call.js';
import type { PreparedAppend } from './requests.js';
import type { Connection } from './connection.js';
import { notSent, STORE } from './faults.js';

/**
 * Sends all appends of a store to the server over one `BatchAppend` call. Opens the call on demand, and again after it
 * has ended. ADR 0010 explains why the client's own append is not used.
 */
export class BatchSender {
  readonly #connection: Connection;
  readonly #connectMs: number;
  #opening: Promise<BatchCall> | undefined;
  #call: BatchCall | undefined;
  #isClosed = false;

  /** `connectMs`: how long appends wait for a connection. */
  constructor(connection: Connection, connectMs: number) {
    this.#connection = connection;
    this.#connectMs = connectMs;
  }

  /** Sends one append. Never rejects: without a connection the append is refused, and nothing was sent. */
  async send(prepared: PreparedAppend, withinMs: number): Promise<Answer> {
    const until = performance.now() + withinMs;
    try {
      for (let leftMs = withinMs; leftMs > 0; leftMs = until - performance.now()) {
        const call = this.#openCall ?? (await within(this.#open(), leftMs));
        if (call === TIME_UP) break;
        const answer = await call.append(prepared, Math.max(1, until - performance.now()));
        if (answer !== 'unsent') return answer;
      }
      return { kind: 'refused', fault: notSent(prepared.streamId, withinMs, this.#connection.trouble) };
    } catch (error) {
      return isFault(error) ? { kind: 'refused', fault: error } : lost(error);
    }
  }

  /** Cancels the open call. No other is opened. */
  close(): void {
    this.#isClosed = true;
    this.#call?.cancel();
  }

  /** The open call, while it accepts appends. */
  get #openCall(): BatchCall | undefined {
    return this.#call?.isRetired === false ? this.#call : undefined;
  }

  #open(): Promise<BatchCall> {
    this.#opening ??= this.#start().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Waits for a connection first: if the server can't be reached, then certainly nothing was written. */
  async #start(): Promise<BatchCall> {
    await this.#connection.ready(this.#connectMs);
    const started = await this.#connection.start(this.#connectMs, ({ streams, metadata, options }) =>
      streams.batchAppend(metadata, options),
    );
    // The ends of streams that appends leave are known as long as this connection lasts.
    started.identifyConnection();
    this.#call = new BatchCall(started);
    if (!this.#isClosed) return this.#call;
    this.#call.cancel();
    throw new Fault('store-closed', { store: STORE });
  }
}
