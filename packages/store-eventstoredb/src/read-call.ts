import { setImmediate } from 'node:timers';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { onAbort, within } from '@login-policy/event-sourcing/store';
import type { ReadMessage } from './answers.js';
import type { StartedCall, Connection } from './connection.js';
import { isOwnCancellation } from './faults.js';

/** No message arrived in time. */
export const SILENCE: unique symbol = Symbol('no message in time');

/** The options of a call: its time-out, its buffer, and its signal. */
export interface ReadCallOptions {
  /** The time-out of connecting. */
  readonly withinMs: number;
  /** The most messages buffered for the reader. While the buffer is full, the server must wait. */
  readonly bufferSize: number;
  /** `next` waits for this many messages, unless the call ends or the time-out passes first. At most `bufferSize`. */
  readonly minMessages: number;
  readonly signal: AbortSignal;
}

/**
 * A running read or subscription, from which the reader pulls messages. It ends by `signal`, by {@link cancel}, or by
 * the server. Its promises never reject without a handler.
 */
export class ReadCall {
  readonly #call: ClientReadableStream<ReadMessage>;
  readonly #startedCall: StartedCall<ClientReadableStream<ReadMessage>>;
  readonly #bufferSize: number;
  readonly #minMessages: number;
  #unsubscribe: () => void = () => undefined;
  #messages: ReadMessage[] = [];
  #end: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;
  #isWakeScheduled = false;

  private constructor(
    startedCall: StartedCall<ClientReadableStream<ReadMessage>>,
    { bufferSize, minMessages, signal }: ReadCallOptions,
  ) {
    this.#startedCall = startedCall;
    this.#call = startedCall.call;
    this.#bufferSize = bufferSize;
    this.#minMessages = minMessages;
    this.#call.on('data', (message: ReadMessage) => this.#receive(message));
    this.#call.on('error', (error: Error) => this.#finish({ error }));
    this.#call.on('end', () => this.#finish({}));
    this.#unsubscribe = onAbort(signal, () => this.cancel());
  }

  /** @throws StoreUnavailable when there is no connection in time. */
  static async start(connection: Connection, request: Buffer, options: ReadCallOptions): Promise<ReadCall> {
    const startedCall = await connection.start(options.withinMs, (calls) => calls.read(request), options.signal);
    return new ReadCall(startedCall, options);
  }

  /**
   * The messages received; `SILENCE` when none arrived in time; `undefined` at the end, also after a cancel. Rejects
   * with the server's error after all earlier messages were returned.
   */
  async next(withinMs: number): Promise<readonly ReadMessage[] | typeof SILENCE | undefined> {
    if (this.#messages.length < this.#minMessages && this.#end === undefined) await this.#waitForChange(withinMs);
    if (this.#messages.length > 0) return this.#takeBuffered();
    if (this.#end === undefined) return SILENCE;
    const { error } = this.#end;
    if (error === undefined || isOwnCancellation(error)) return undefined;
    this.#startedCall.reportFailure(error);
    throw error;
  }

  /** Reports that nothing was received for this time. */
  reportSilence(forMs: number): void {
    this.#startedCall.reportSilence(performance.now() - forMs);
  }

  /** Also ends the call on the server. Idempotent. */
  cancel(): void {
    if (this.#end !== undefined) return;
    this.#messages = [];
    this.#finish({});
    this.#call.cancel();
  }

  #receive(message: ReadMessage): void {
    if (this.#end !== undefined) return;
    this.#startedCall.reportAnswer();
    this.#messages.push(message);
    if (this.#messages.length >= this.#bufferSize) this.#call.pause();
    if (this.#messages.length >= this.#minMessages && this.#wake !== undefined) this.#wakeSoon();
  }

  /** Messages arrive in bursts. The reader is woken once per burst. */
  #wakeSoon(): void {
    if (this.#isWakeScheduled) return;
    this.#isWakeScheduled = true;
    setImmediate(() => {
      this.#isWakeScheduled = false;
      this.#wake?.();
    });
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#unsubscribe();
    this.#wake?.();
  }

  #takeBuffered(): readonly ReadMessage[] {
    const buffered = this.#messages;
    this.#messages = [];
    if (this.#call.isPaused()) this.#call.resume();
    return buffered;
  }

  async #waitForChange(withinMs: number): Promise<void> {
    await within(new Promise<void>((resolve) => (this.#wake = resolve)), withinMs);
    this.#wake = undefined;
  }
}
