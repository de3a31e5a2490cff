import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { Begun, Connection } from './connection.js';
import { isOwnCancellation } from './faults.js';

/** Nothing came in time. */
export const SILENCE: unique symbol = Symbol('nothing came');

/** How a read is begun. */
export interface ReadCallOptions {
  /** For connecting. */
  readonly withinMs: number;
  /** So many messages are held for the reader; then the server is made to wait. */
  readonly ahead: number;
  readonly signal: AbortSignal;
}

/** How much a reader takes at once. */
export interface Helping {
  /** Waits until so many messages are there, unless there will not be so many or time is up. At most `ahead`. */
  readonly atLeast: number;
  readonly atMost: number;
  readonly withinMs: number;
}

/**
 * One read or subscription under way, to be pulled from. The call is ended by `signal`, by {@link cancel}, or by the
 * server; it never rejects where nobody listens.
 */
export class ReadCall {
  readonly #call: ClientReadableStream<ReadResp>;
  readonly #begun: Begun<ClientReadableStream<ReadResp>>;
  readonly #ahead: number;
  readonly #signal: AbortSignal;
  readonly #cancel = (): void => this.cancel();
  #messages: ReadResp[] = [];
  #end: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;
  #wanted = 1;
  #isWaking = false;

  private constructor(begun: Begun<ClientReadableStream<ReadResp>>, { ahead, signal }: ReadCallOptions) {
    this.#begun = begun;
    this.#call = begun.call;
    this.#ahead = ahead;
    this.#signal = signal;
    this.#call.on('data', (message: ReadResp) => this.#take(message));
    this.#call.on('error', (error: Error) => this.#finish({ error }));
    this.#call.on('end', () => this.#finish({}));
    signal.addEventListener('abort', this.#cancel, { once: true });
    if (signal.aborted) this.cancel();
  }

  /** @throws StoreUnavailable when there is no connection in time. */
  static async begin(connection: Connection, request: ReadReq, options: ReadCallOptions): Promise<ReadCall> {
    const begun = await connection.begin(options.withinMs, ({ streams, metadata, options: callOptions }) =>
      streams.read(request, metadata, callOptions),
    );
    return new ReadCall(begun, options);
  }

  /**
   * What has come; `SILENCE` when nothing did in time; `undefined` when there is no more, also
   * when the call was ended from this side. Rejects with the error the server ended it with, once all that came before is
   * handed out.
   */
  async next({ atLeast, atMost, withinMs }: Helping): Promise<readonly ReadResp[] | typeof SILENCE | undefined> {
    this.#wanted = Math.min(atLeast, this.#ahead);
    if (this.#messages.length < this.#wanted && this.#end === undefined) await this.#change(withinMs);
    if (this.#messages.length > 0) return this.#handOut(atMost);
    if (this.#end === undefined) return SILENCE;
    const { error } = this.#end;
    if (error === undefined || isOwnCancellation(error)) return undefined;
    this.#begun.failed(error);
    throw error;
  }

  /** Ends the call on the server too. Twice is once. */
  cancel(): void {
    this.#signal.removeEventListener('abort', this.#cancel);
    if (this.#end !== undefined) return;
    this.#messages = [];
    this.#finish({});
    this.#call.cancel();
  }

  #take(message: ReadResp): void {
    if (this.#end !== undefined) return;
    this.#messages.push(message);
    if (this.#messages.length >= this.#ahead) this.#call.pause();
    if (this.#messages.length >= this.#wanted && this.#wake !== undefined) this.#wakeSoon();
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
    this.#signal.removeEventListener('abort', this.#cancel);
    this.#wake?.();
  }

  #handOut(atMost: number): readonly ReadResp[] {
    const handed = this.#messages.length <= atMost ? this.#messages : this.#messages.slice(0, atMost);
    this.#messages = this.#messages.length <= atMost ? [] : this.#messages.slice(atMost);
    if (this.#messages.length < this.#ahead && this.#call.isPaused()) this.#call.resume();
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
