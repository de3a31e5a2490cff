import { Fault, StoreClosed } from '@login-policy/event-sourcing/store';
import { lost, type Answer } from './append-answer.js';
import { BatchCall } from './batch-call.js';
import type { Order } from './batch-requests.js';
import type { Connection } from './connection.js';
import { STORE } from './faults.js';

/**
 * The way all appends of a store take to the server: one call for all of them, opened when it is needed and opened anew
 * when it has ended. Why not the client's own: ADR 0010.
 */
export class BatchLine {
  readonly #connection: Connection;
  #opening: Promise<BatchCall> | undefined;
  #call: BatchCall | undefined;
  #isClosed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Sends one append. Never rejects: without a connection it is refused, and nothing was sent. */
  async send(order: Order, withinMs: number): Promise<Answer> {
    const begun = performance.now();
    try {
      const call = this.standing ?? (await this.#open(withinMs));
      return await call.append(order, Math.max(1, withinMs - (performance.now() - begun)));
    } catch (error) {
      return error instanceof Fault ? { kind: 'refused', fault: error } : lost(error);
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

  #open(withinMs: number): Promise<BatchCall> {
    this.#opening ??= this.#begin(withinMs).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Waits for a connection first: so that an unreachable server means that nothing was written. */
  async #begin(withinMs: number): Promise<BatchCall> {
    await this.#connection.ready(withinMs);
    if (this.#isClosed) throw new StoreClosed({ store: STORE });
    const begun = await this.#connection.begin(withinMs, ({ streams, metadata, options }) =>
      streams.batchAppend(metadata, options),
    );
    this.#call = new BatchCall(begun);
    return this.#call;
  }
}
