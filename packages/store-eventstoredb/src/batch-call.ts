import { randomUUID } from 'node:crypto';
import { UnavailableError } from '@eventstore/db-client';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { answerOf, lost, type Answer } from './append-answer.js';
import { batchRequests, type PreparedAppend } from './batch-requests.js';
import type { StartedCall } from './connection.js';
import { failureOf, notBegun } from './faults.js';

type Duplex = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

interface Waiting {
  readonly prepared: PreparedAppend;
  readonly settle: (answer: Answer) => void;
}

/** An open call keeps the process alive, so it is ended after this time without an append. */
const IDLE_MS = 1000;

/**
 * One `BatchAppend` call: any number of concurrent appends, each with its own timer. When the call ends, all pending
 * appends count as lost. A late answer is ignored.
 */
export class BatchCall {
  readonly #call: Duplex;
  readonly #begun: StartedCall<Duplex>;
  readonly #waiting = new Map<string, Waiting>();
  /** The ids of the appends not sent yet, because the server accepts no more at the moment. */
  readonly #unsent = new Set<string>();
  #isFull = false;
  #isRetired = false;
  #hasAnswered = false;
  readonly #idle: NodeJS.Timeout;

  constructor(begun: StartedCall<Duplex>) {
    this.#begun = begun;
    this.#call = begun.call;
    this.#idle = setTimeout(() => this.#endWhenIdle(), IDLE_MS).unref();
    this.#call.on('drain', () => this.#sendUnsent());
    this.#call.on('data', (response: BatchAppendResp) => this.#take(response));
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
  append(prepared: PreparedAppend, withinMs: number): Promise<Answer> {
    const [id, lastResponseAt] = [randomUUID(), this.#begun.lastResponseAt()];
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUp(id, withinMs, lastResponseAt), withinMs);
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        this.#unsent.delete(id);
        resolve(answer);
        if (this.#isRetired) this.#cancelWhenDone();
      };
      this.#waiting.set(id, { prepared, settle });
      this.#idle.refresh();
      this.#unsent.add(id);
      this.#sendUnsent();
    });
  }

  /** Ends the call at once. All pending appends count as lost. */
  cancel(): void {
    this.#call.cancel();
    this.#end(lost('the call was cancelled'));
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
      for (const request of batchRequests(waiting.prepared, id)) this.#isFull = !this.#call.write(request);
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
      answer = answerOf(response, waiting.prepared.streamName);
    } catch (error) {
      answer = lost(error);
    }
    // The node is not ready or knows no leader, so the next append must look for another node.
    if (answer.kind === 'lost' && answer.isAway === true) this.#leaveNode(answer.cause);
    waiting.settle(answer);
  }

  #leaveNode(cause: unknown): void {
    this.#isRetired = true;
    this.#begun.failed(new UnavailableError(undefined, String(cause)));
  }

  #giveUp(id: string, afterMs: number, lastResponseAt: number): void {
    this.#isRetired = true;
    // Nothing arrived since the append was sent, so the connection may be dead. Without this, the next call would use
    // it too, because HTTP/2 pings detect it only after 20 s.
    if (this.#begun.lastResponseAt() === lastResponseAt)
      this.#begun.failed(new UnavailableError(undefined, `nothing was heard for ${afterMs} ms`));
    const waiting = this.#waiting.get(id);
    const fault = this.#unsent.has(id) && waiting !== undefined && notBegun(waiting.prepared.streamId, afterMs);
    waiting?.settle(fault ? { kind: 'refused', fault } : lost(`no answer within ${afterMs} ms`));
  }

  #fail(error: Error): void {
    this.#begun.failed(error);
    const { isFinal, fault } = failureOf(error, 'appending');
    // The server refused the call before its first answer, so it has processed no append.
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
    // Without appends the server does not end its side of the call.
    this.#call.cancel();
  }
}
