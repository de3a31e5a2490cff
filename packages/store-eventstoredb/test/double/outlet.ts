import type { ServerWritableStream } from '@grpc/grpc-js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadFault } from './fault-script.js';
import { checkpointMessage, type ReadMessage } from './messages.js';
import type { ServerState } from './server-state.js';
import type { CallEnd } from './status.js';

/** A call that only reads. What it sends may be bytes that were made before: see `services.ts`. */
export type ReadingCall = ServerWritableStream<streams.ReadReq, ReadMessage>;

/**
 * The way out of a read or subscription. It respects back-pressure, so that a reader who pauses stops the double after
 * his window, and ends when the client cancels (checklist 34). Faults strike here, by the count of messages sent.
 */
export class Outlet {
  readonly #call: ReadingCall;
  readonly #state: ServerState;
  readonly #fault: ReadFault | undefined;
  readonly #over = new AbortController();
  #sent = 0;
  #mustWait = false;

  constructor(state: ServerState, call: ReadingCall, fault: ReadFault | undefined) {
    this.#state = state;
    this.#call = call;
    this.#fault = fault;
    state.openCalls += 1;
    this.#over.signal.addEventListener('abort', () => (state.openCalls -= 1), { once: true });
    call.on('cancelled', () => this.#over.abort());
    call.on('error', () => this.#over.abort());
    if (call.cancelled) this.#over.abort();
  }

  /** Whether nothing more can be sent. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Fires when nothing more can be sent. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** How many messages have been given to the transport. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends one message. Only wait for what it answers when it is a promise: there is no room left then. */
  send(message: ReadMessage): Promise<void> | undefined {
    const fault = this.#fault;
    if (this.isOver || (fault !== undefined && this.#isStruck(fault))) return this.#room();
    this.#write(message);
    if (fault?.do === 'twice' && this.#sent > fault.after) this.#write(message);
    return this.#mustWait ? this.#room() : undefined;
  }

  end(end?: CallEnd): void {
    if (this.isOver) return;
    this.#over.abort();
    if (end === undefined) this.#call.end();
    else this.#call.emit('error', end);
  }

  /** Does what the fault says when its time has come; answers whether the message must not be sent. */
  #isStruck(fault: ReadFault): boolean {
    if (this.#sent < fault.after) return false;
    switch (fault.do) {
      case 'twice':
        return false;
      case 'checkpoint':
        if (this.#sent === fault.after) this.#sendCheckpoint(this.#state.log.end + fault.beyondEnd);
        return false;
      case 'stall':
        this.#mustWait = true;
        return true;
      case 'end':
        this.end(fault.end);
        return true;
      case 'cut':
        this.#state.cut();
        return true;
      case 'cut-inside':
        this.#state.cutInside();
        return false;
      case 'hold-answers':
        this.#state.holdAnswers();
        return false;
    }
  }

  #sendCheckpoint(place: bigint): void {
    this.#write(checkpointMessage(place, place));
  }

  #write(message: ReadMessage): void {
    this.#sent += 1;
    this.#state.sent += 1;
    if (!this.#call.write(message)) this.#mustWait = true;
  }

  /** Resolves when the transport takes more, or never will. */
  #room(): Promise<void> {
    if (this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const go = (): void => {
        this.#mustWait = false;
        this.#call.removeListener('drain', go);
        this.#over.signal.removeEventListener('abort', go);
        resolve();
      };
      this.#call.once('drain', go);
      this.#over.signal.addEventListener('abort', go, { once: true });
    });
  }
}
