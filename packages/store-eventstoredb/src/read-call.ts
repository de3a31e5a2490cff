import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { onAbort } from '@login-policy/event-sourcing/store';
import type { StartedCall, Connection } from './connection.js';
import { isOwnCancellation } from './faults.js';

/** No message arrived in time. */
export const SILENCE: unique symbol = Symbol('nothing came');

/** The options of a read: its time-out, and its buffer. */
export interface ReadCallOptions {
  /** The time-out of connecting. */
  readonly withinMs: number;
  /** The most messages buffered for the reader; then the server must wait. */
  readonly ahead: number;
  /** `next` waits for this many messages, unless the read ends or the time-out passes first. At most `ahead`. */
  readonly atLeast: number;
  readonly signal: AbortSignal;
}

/**
 * A running read or subscription, from which the reader pulls messages. It ends by `signal`, by {@link cancel}, or by
 * the server. Its promises never reject without a handler.
 */
export class ReadCall {
  readonly #call: ClientReadableStream<ReadResp>;
  readonly #begun: StartedCall<ClientReadableStream<ReadResp>>;
  readonly #ahead: number;
  readonly #atLeast: number;
  #unsubscribe: () => void = () => undefined;
  #messages: ReadResp[] = [];
  #end: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;
  #isWaking = false;

  private constructor(begun: StartedCall<ClientReadableStream<ReadResp>>, { ahead, atLeast, signal }: ReadCallOptions) {
    this.#begun = begun;
    this.#call = begun.call;
    this.#ahead = ahead;
    this.#atLeast = atLeast;
    this.#call.on('data', (message: ReadResp) => this.#take(message));
    this.#call.on('error', (error: Error) => this.#finish({ error }));
    this.#call.on('end', () => this.#finish({}));
    this.#unsubscribe = onAbort(signal, () => this.cancel());
  }

  /** @throws StoreUnavailable when there is no connection in time. */
  static async begin(connection: Connection, request: ReadReq, options: ReadCallOptions): Promise<ReadCall> {
    const begun = await connection.begin(
      options.withinMs,
      ({ streams, metadata, options: callOptions }) => streams.read(request, metadata, callOptions),
      options.signal,
    );
    return new ReadCall(begun, options);
  }

  /**
   * The messages received; `SILENCE` when none arrived in time; `undefined` at the end, also after a cancel. Rejects
   * with the server's error after all earlier messages were returned.
   */
  async next(withinMs: number): Promise<readonly ReadResp[] | typeof SILENCE | undefined> {
    if (this.#messages.length < this.#atLeast && this.#end === undefined) await this.#change(withinMs);
    if (this.#messages.length > 0) return this.#handOut();
    if (this.#end === undefined) return SILENCE;
    const { error } = this.#end;
    if (error === undefined || isOwnCancellation(error)) return undefined;
    this.#begun.failed(error);
    throw error;
  }

  /** Also ends the call on the server. Idempotent. */
  cancel(): void {
    if (this.#end !== undefined) return;
    this.#messages = [];
    this.#finish({});
    this.#call.cancel();
  }

  #take(message: ReadResp): void {
    if (this.#end !== undefined) return;
    this.#begun.answered();
    this.#messages.push(message);
    if (this.#messages.length >= this.#ahead) this.#call.pause();
    if (this.#messages.length >= this.#atLeast && this.#wake !== undefined) this.#wakeSoon();
  }

  /** Messages arrive in bursts. The reader is woken once per burst. */
  #wakeSoon(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      this.#wake?.();
    });
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#unsubscribe();
    this.#wake?.();
  }

  #handOut(): readonly ReadResp[] {
    const handed = this.#messages;
    this.#messages = [];
    if (this.#call.isPaused()) this.#call.resume();
    return handed;
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
