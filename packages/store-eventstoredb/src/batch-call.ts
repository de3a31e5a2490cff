import { randomUUID } from 'node:crypto';
import { UnavailableError } from '@eventstore/db-client';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { answerOf, lost, type Answer } from './append-answer.js';
import { batchRequests, type Order } from './batch-requests.js';
import type { Begun } from './connection.js';
import { failureOf, notBegun } from './faults.js';

type Duplex = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

interface Waiting {
  readonly order: Order;
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
  /** Those of them that were not sent yet: the server takes no more at the moment. */
  readonly #unsent = new Set<string>();
  #isFull = false;
  #isRetired = false;
  #hasAnswered = false;
  readonly #idle: NodeJS.Timeout;

  constructor(begun: Begun<Duplex>) {
    this.#begun = begun;
    this.#call = begun.call;
    this.#idle = setTimeout(() => this.#endWhenIdle(), IDLE_MS).unref();
    this.#call.on('drain', () => this.#sendUnsent());
    this.#call.on('data', (response: BatchAppendResp) => this.#take(response));
    this.#call.on('error', (error: Error) => this.#fail(error));
    this.#call.on('end', () => this.#end(lost('the server ended the call')));
  }

  /** Whether this call takes no more appends. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /**
   * Sends one append. Never rejects; without an answer in time it is lost, or refused when it could not even be sent, and the
   * call takes no further appends.
   */
  append(order: Order, withinMs: number): Promise<Answer> {
    const [id, heardAt] = [randomUUID(), this.#begun.heardAt()];
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUp(id, withinMs, heardAt), withinMs);
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        this.#unsent.delete(id);
        resolve(answer);
        if (this.#isRetired) this.#cancelWhenDone();
      };
      this.#waiting.set(id, { order, settle });
      this.#idle.refresh();
      this.#unsent.add(id);
      this.#sendUnsent();
    });
  }

  /** Ends the call at once; who still waits has lost his answer. */
  cancel(): void {
    this.#call.cancel();
    this.#end(lost('the call was given up'));
  }

  #sendUnsent(): void {
    this.#isFull = this.#call.writableNeedDrain;
    for (const id of this.#unsent) {
      if (this.#isFull) return;
      this.#unsent.delete(id);
      this.#send(id);
    }
  }

  #send(id: string): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    try {
      for (const request of batchRequests(waiting.order, id)) this.#isFull = !this.#call.write(request);
    } catch (error) {
      waiting.settle(lost(error));
    }
  }

  #take(response: BatchAppendResp): void {
    this.#hasAnswered = true;
    this.#begun.answered();
    const waiting = this.#waiting.get(response.getCorrelationId()?.getString() ?? '');
    if (waiting === undefined) return;
    let answer: Answer;
    try {
      answer = answerOf(response, waiting.order.streamName);
    } catch (error) {
      answer = lost(error);
    }
    // A node that is not ready, or that knows no leader, answers so: the next append is to look for another.
    if (answer.kind === 'lost' && answer.isAway === true) this.#leaveNode(answer.cause);
    waiting.settle(answer);
  }

  #leaveNode(cause: unknown): void {
    this.#isRetired = true;
    this.#begun.failed(new UnavailableError(undefined, String(cause)));
  }

  #giveUp(id: string, afterMs: number, heardAt: number): void {
    this.#isRetired = true;
    // A line that died without a word would keep the look for this append, too: pings notice it only after 20 s.
    if (this.#begun.heardAt() === heardAt)
      this.#begun.failed(new UnavailableError(undefined, `nothing was heard for ${afterMs} ms`));
    const waiting = this.#waiting.get(id);
    const fault = this.#unsent.has(id) && waiting !== undefined && notBegun(waiting.order.streamId, afterMs);
    waiting?.settle(fault ? { kind: 'refused', fault } : lost(`no answer within ${afterMs} ms`));
  }

  #fail(error: Error): void {
    this.#begun.failed(error);
    const { isFinal, fault } = failureOf(error, 'appending');
    // Refused as a whole before the first answer: the server has not looked at any of it.
    this.#end(isFinal && !this.#hasAnswered ? { kind: 'refused', fault } : lost(fault));
  }

  #end(answer: Answer): void {
    this.#isRetired = true;
    clearTimeout(this.#idle);
    for (const { settle } of [...this.#waiting.values()]) settle(answer);
  }

  #cancelWhenDone(): void {
    if (this.#waiting.size === 0) this.#call.cancel();
  }

  #endWhenIdle(): void {
    if (this.#waiting.size > 0) {
      this.#idle.refresh();
      return;
    }
    this.#isRetired = true;
    // The server has nothing left to answer, and would not end its side for that.
    this.#call.cancel();
  }
}
