import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { onAbort } from '@login-policy/event-sourcing/store';
import type { Begun, Connection } from './connection.js';
import { isOwnCancellation } from './faults.js';

/** Nothing came in time. */
export const SILENCE: unique symbol = Symbol('nothing came');

/** How a read is begun, and how much of it is taken at once. */
export interface ReadCallOptions {
  /** For connecting. */
  readonly withinMs: number;
  /** So many messages are held for the reader; then the server is made to wait. */
  readonly ahead: number;
  /** So many are waited for, unless there will not be so many or time is up; no more than `ahead`. */
  readonly atLeast: number;
  readonly signal: AbortSignal;
}

/**
 * One read or subscription under way, to be pulled from. The call is ended by `signal`, by {@link cancel}, or by the
 * server; it never rejects where nobody listens.
 */
export class ReadCall {
  readonly #call: ClientReadableStream<ReadResp>;
  readonly #begun: Begun<ClientReadableStream<ReadResp>>;
  readonly #ahead: number;
  readonly #atLeast: number;
  #takeBack: () => void = () => undefined;
  #messages: ReadResp[] = [];
  #end: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;
  #isWaking = false;

  private constructor(begun: Begun<ClientReadableStream<ReadResp>>, { ahead, atLeast, signal }: ReadCallOptions) {
    this.#begun = begun;
    this.#call = begun.call;
    this.#ahead = ahead;
    this.#atLeast = atLeast;
    this.#call.on('data', (message: ReadResp) => this.#take(message));
    this.#call.on('error', (error: Error) => this.#finish({ error }));
    this.#call.on('end', () => this.#finish({}));
    this.#takeBack = onAbort(signal, () => this.cancel());
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
   * What has come; `SILENCE` when nothing did in time; `undefined` when there is no more, also
   * when the call was ended from this side. Rejects with the error the server ended it with, once all that came before is
   * handed out.
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

  /** Ends the call on the server, too. Idempotent. */
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

  /** Messages come in bursts: the whole burst is one waking. */
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
    this.#takeBack();
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
