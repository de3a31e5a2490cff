import { isFault } from '@login-policy/event-sourcing';
import { Fault, TIME_UP, within } from '@login-policy/event-sourcing/store';
import { lost, type Answer } from './append-answer.js';
import { BatchCall } from './batch-call.js';
import type { PreparedAppend } from './batch-requests.js';
import type { Connection } from './connection.js';
import { notBegun, STORE } from './faults.js';

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
    const begun = performance.now();
    try {
      const call = this.openCall ?? (await within(this.#open(), withinMs));
      if (call === TIME_UP) return { kind: 'refused', fault: notBegun(prepared.streamId, withinMs) };
      return await call.append(prepared, Math.max(1, withinMs - (performance.now() - begun)));
    } catch (error) {
      return isFault(error) ? { kind: 'refused', fault: error } : lost(error);
    }
  }

  /** Ends the open call, and opens no other. */
  close(): void {
    this.#isClosed = true;
    this.#call?.cancel();
  }

  /** The open call, while it accepts appends. */
  get openCall(): BatchCall | undefined {
    return this.#call?.isRetired === false ? this.#call : undefined;
  }

  #open(): Promise<BatchCall> {
    this.#opening ??= this.#begin().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Waits for a connection first, so that an unreachable server means that nothing was written. */
  async #begin(): Promise<BatchCall> {
    await this.#connection.ready(this.#connectMs);
    const begun = await this.#connection.begin(this.#connectMs, ({ streams, metadata, options }) =>
      streams.batchAppend(metadata, options),
    );
    this.#call = new BatchCall(begun);
    if (!this.#isClosed) return this.#call;
    this.#call.cancel();
    throw new Fault('store-closed', { store: STORE });
  }
}
