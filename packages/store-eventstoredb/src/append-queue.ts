import { isFault } from '@login-policy/event-sourcing';
import { StoreClosed, TIME_UP, within } from '@login-policy/event-sourcing/store';
import { lost, type Answer } from './append-answer.js';
import { BatchCall } from './batch-call.js';
import type { Order } from './batch-requests.js';
import type { Connection } from './connection.js';
import { notBegun, STORE } from './faults.js';

/**
 * The way all appends of a store take to the server: one call for all of them, opened when it is needed and opened anew
 * when it has ended. Why not the client's own: ADR 0010.
 */
export class BatchLine {
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

  /** Sends one append. Never rejects: without a connection it is refused, and nothing was sent. */
  async send(order: Order, withinMs: number): Promise<Answer> {
    const begun = performance.now();
    try {
      const call = this.standing ?? (await within(this.#open(), withinMs));
      if (call === TIME_UP) return { kind: 'refused', fault: notBegun(order.streamId, withinMs) };
      return await call.append(order, Math.max(1, withinMs - (performance.now() - begun)));
    } catch (error) {
      return isFault(error) ? { kind: 'refused', fault: error } : lost(error);
    }
  }

  /** Ends the call there is, and opens no other. */
  close(): void {
    this.#isClosed = true;
    this.#call?.cancel();
  }

  /** The call that stands, and takes more appends. */
  get standing(): BatchCall | undefined {
    return this.#call?.isRetired === false ? this.#call : undefined;
  }

  #open(): Promise<BatchCall> {
    this.#opening ??= this.#begin().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Waits for a connection first: so that an unreachable server means that nothing was written. */
  async #begin(): Promise<BatchCall> {
    await this.#connection.ready(this.#connectMs);
    const begun = await this.#connection.begin(this.#connectMs, ({ streams, metadata, options }) =>
      streams.batchAppend(metadata, options),
    );
    this.#call = new BatchCall(begun);
    if (!this.#isClosed) return this.#call;
    this.#call.cancel();
    throw new StoreClosed({ store: STORE });
  }
}
