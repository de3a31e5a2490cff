import { randomUUID } from 'node:crypto';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { StreamId } from '@login-policy/event-sourcing';
import { answerOf, lost, type Answer } from './append-answer.js';
import { batchRequests, type Order } from './batch-requests.js';
import type { Begun } from './connection.js';
import { failureOf } from './faults.js';

type Duplex = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

interface Waiting {
  readonly streamId: StreamId;
  readonly settle: (answer: Answer) => void;
}

/** An open call holds the process; after so long without an append it is ended. */
const IDLE_MS = 1000;

/**
 * One `BatchAppend` call: any number of appends at once, each with its own timer. When the call ends, by whatever, all who
 * wait are told that their answer is lost; an answer nobody waits for is let go.
 */
export class BatchCall {
  readonly #call: Duplex;
  readonly #begun: Begun<Duplex>;
  readonly #waiting = new Map<string, Waiting>();
  #isRetired = false;
  #hasAnswered = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #lastUsed = 0;

  constructor(begun: Begun<Duplex>) {
    this.#begun = begun;
    this.#call = begun.call;
    this.#call.on('data', (response: BatchAppendResp) => this.#take(response));
    this.#call.on('error', (error: Error) => this.#fail(error));
    this.#call.on('end', () => this.#end(lost('the server ended the call')));
  }

  /** Whether this call takes no more appends. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Sends one append. Never rejects; without an answer in time it is lost, and the call takes no further appends. */
  append(order: Order, withinMs: number): Promise<Answer> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUp(id, withinMs), withinMs);
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
        if (this.#isRetired) this.#cancelWhenDone();
      };
      this.#waiting.set(id, { streamId: order.streamId, settle });
      this.#watchIdleness();
      this.#write(id, order);
    });
  }

  /** Ends the call at once; who still waits has lost his answer. */
  cancel(): void {
    this.#call.cancel();
    this.#end(lost('the call was given up'));
  }

  #write(id: string, order: Order): void {
    try {
      for (const request of batchRequests(order, id)) this.#call.write(request);
    } catch (error) {
      this.#waiting.get(id)?.settle(lost(error));
    }
  }

  #take(response: BatchAppendResp): void {
    this.#hasAnswered = true;
    const waiting = this.#waiting.get(response.getCorrelationId()?.getString() ?? '');
    if (waiting === undefined) return;
    let answer: Answer;
    try {
      answer = answerOf(response, waiting.streamId);
    } catch (error) {
      answer = lost(error);
    }
    waiting.settle(answer);
  }

  #giveUp(id: string, afterMs: number): void {
    this.#isRetired = true;
    this.#waiting.get(id)?.settle(lost(`no answer within ${afterMs} ms`));
  }

  #fail(error: Error): void {
    this.#begun.failed(error);
    const { isFinal, fault } = failureOf(error, 'appending');
    // Refused as a whole before the first answer: the server has not looked at any of it.
    this.#end(isFinal && !this.#hasAnswered ? { kind: 'refused', fault } : lost(fault));
  }

  #end(answer: Answer): void {
    this.#isRetired = true;
    clearTimeout(this.#idleTimer);
    for (const { settle } of [...this.#waiting.values()]) settle(answer);
  }

  #cancelWhenDone(): void {
    if (this.#waiting.size === 0) this.#call.cancel();
  }

  #watchIdleness(): void {
    this.#lastUsed = performance.now();
    this.#idleTimer ??= setTimeout(() => this.#endWhenIdle(), IDLE_MS).unref();
  }

  #endWhenIdle(): void {
    this.#idleTimer = undefined;
    if (this.#isRetired) return;
    if (this.#waiting.size > 0 || performance.now() - this.#lastUsed < IDLE_MS) return this.#rearm();
    this.#isRetired = true;
    this.#call.end();
    // The server has nothing left to answer; one that does not end its side would hold the process.
    setTimeout(() => this.#call.cancel(), IDLE_MS).unref();
  }

  #rearm(): void {
    this.#idleTimer = setTimeout(() => this.#endWhenIdle(), IDLE_MS).unref();
  }
}
