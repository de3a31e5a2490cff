import { Fault, isFault } from '@login-policy/event-sourcing';
import { TIME_UP, within } from '@login-policy/event-sourcing/store';
import { lost, type Answer, type BatchAnswer } from './answers.js';
import { batchAppendRequest, type PreparedAppend } from './requests.js';
import type { Connection, StartedCall } from './connection.js';
import { STORE, failureOf, notSent, unreachable } from './faults.js';
import { randomUUID } from 'node:crypto';
import type { ClientDuplexStream } from '@grpc/grpc-js';

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
      return { kind: 'refused', fault: notSent(prepared.streamId, withinMs, this.#connection.trouble?.fault) };
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
    const started = await this.#connection.start(this.#connectMs, (calls) => calls.batchAppend());
    // The ends of streams that appends leave are known as long as this connection lasts.
    started.identifyConnection();
    this.#call = new BatchCall(started);
    if (!this.#isClosed) return this.#call;
    this.#call.cancel();
    throw new Fault('store-closed', { store: STORE });
  }
}

type Duplex = ClientDuplexStream<Buffer, BatchAnswer>;

/** An append that waits for its answer. */
interface PendingAppend {
  readonly prepared: PreparedAppend;
  readonly settle: (answer: Outcome) => void;
}

/** `unsent`: the call ended before the append was sent, so another call may send it. */
type Outcome = Answer | 'unsent';

/** An open call keeps the process alive, so it is ended after this time without an append. */
const IDLE_MS = 1000;

/**
 * One `BatchAppend` call: any number of concurrent appends, each with its own timer. When the call ends, all appends
 * that were sent and not answered count as lost. A late answer is ignored.
 */
export class BatchCall {
  readonly #call: Duplex;
  readonly #startedCall: StartedCall<Duplex>;
  /** By correlation id. */
  readonly #pending = new Map<string, PendingAppend>();
  /** The ids of the appends that are not sent yet, because the write buffer is full. */
  readonly #unsent = new Set<string>();
  #isBufferFull = false;
  #isRetired = false;
  #hasServerAnswered = false;
  readonly #idle: NodeJS.Timeout;

  constructor(startedCall: StartedCall<Duplex>) {
    this.#startedCall = startedCall;
    this.#call = startedCall.call;
    this.#idle = setTimeout(() => this.#endWhenIdle(), IDLE_MS).unref();
    this.#call.on('drain', () => this.#sendUnsent());
    this.#call.on('data', (answer: BatchAnswer) => this.#receive(answer));
    this.#call.on('error', (error: Error) => this.#fail(error));
    this.#call.on('end', () => this.#end(lost('the server ended the call')));
  }

  /** Whether this call accepts no more appends. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /**
   * Sends one append. Never rejects. Without an answer in time the append is lost, or refused if it was not even sent,
   * and the call accepts no further appends.
   */
  async append(prepared: PreparedAppend, withinMs: number): Promise<Outcome> {
    const [id, sentAt] = [randomUUID(), performance.now()];
    const answered = new Promise<Outcome>((resolve) => {
      const settle = (answer: Outcome): void => {
        this.#pending.delete(id);
        this.#unsent.delete(id);
        resolve(answer);
        if (this.#isRetired) this.#cancelWhenDone();
      };
      this.#pending.set(id, { prepared, settle });
    });
    this.#idle.refresh();
    this.#unsent.add(id);
    this.#sendUnsent();
    if ((await within(answered, withinMs)) === TIME_UP) this.#timeOut(id, withinMs, sentAt);
    return answered;
  }

  /** Ends the call at once. All appends that were sent count as lost. */
  cancel(): void {
    this.#call.cancel();
    this.#end(lost('the call was cancelled'));
  }

  #sendUnsent(): void {
    this.#isBufferFull = this.#call.writableNeedDrain;
    for (const id of this.#unsent) {
      if (this.#isBufferFull) return;
      this.#unsent.delete(id);
      this.#send(id);
    }
  }

  #send(id: string): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    try {
      this.#isBufferFull = !this.#call.write(batchAppendRequest(pending.prepared, id));
    } catch (error) {
      pending.settle(lost(error));
    }
  }

  #receive(received: BatchAnswer): void {
    this.#hasServerAnswered = true;
    this.#startedCall.reportAnswer();
    const pending = this.#pending.get(received.id);
    if (pending === undefined) return;
    let answer: Answer;
    try {
      answer = received.read(pending.prepared.streamName);
    } catch (error) {
      answer = lost(error);
    }
    if (answer.kind === 'lost' && answer.mustLeaveNode === true) this.#leaveNode(answer.cause);
    pending.settle(answer);
  }

  /** Makes the next append look for another node. */
  #leaveNode(cause: unknown): void {
    this.#isRetired = true;
    this.#startedCall.reportFailure(unreachable(String(cause)));
  }

  #timeOut(id: string, afterMs: number, sentAt: number): void {
    this.#isRetired = true;
    this.#startedCall.reportSilence(sentAt);
    const pending = this.#pending.get(id);
    const fault = this.#unsent.has(id) && pending !== undefined && notSent(pending.prepared.streamId, afterMs);
    pending?.settle(fault ? { kind: 'refused', fault } : lost(`no answer within ${afterMs} ms`));
  }

  #fail(error: Error): void {
    this.#startedCall.reportFailure(error);
    const { isFinal, fault } = failureOf(error, 'appending');
    // The server refused the call before its first answer, so it has processed no append.
    this.#end(isFinal && !this.#hasServerAnswered ? { kind: 'refused', fault } : lost(fault));
  }

  #end(answer: Answer): void {
    this.#isRetired = true;
    clearTimeout(this.#idle);
    for (const [id, { settle }] of [...this.#pending])
      settle(answer.kind === 'lost' && this.#unsent.has(id) ? 'unsent' : answer);
  }

  #cancelWhenDone(): void {
    if (this.#pending.size === 0) this.#call.cancel();
  }

  #endWhenIdle(): void {
    if (this.#pending.size > 0) {
      this.#idle.refresh();
      return;
    }
    this.#isRetired = true;
    // Cancelled rather than ended, because the server does not end its side of a call without appends.
    this.#call.cancel();
  }
}
