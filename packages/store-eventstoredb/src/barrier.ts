import { randomUUID } from 'node:crypto';
import { TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { requestCallback } from '@grpc/grpc-js';
import type { Calls } from './calls.js';
import type { Connection } from './connection.js';
import { notShown, unacknowledged } from './faults.js';
import { emptyAppendRequest } from './requests.js';
import type { StreamNames } from './stream-names.js';

/** The connected node knew all that any process had acknowledged when the barrier was sent. */
export interface Shown {
  /** When the barrier was sent, by `performance.now()`. */
  readonly askedAt: number;
  /** Whether calls still go over the connection on which the barrier was acknowledged. */
  readonly isSameConnection: () => boolean;
}

/** One barrier for several reads of one operation, as long as they go over the same connection. */
export interface SharedBarrier {
  shown?: Shown;
}

/** The parts of a barrier. */
export interface BarrierParts {
  readonly connection: Connection;
  readonly names: StreamNames;
  /** The time-out of one barrier. */
  readonly withinMs: number;
  /** Ends a shared barrier. */
  readonly closing: AbortSignal;
}

/** A running append without events. */
interface BarrierCall {
  /** `false` when the stream has events. */
  readonly isWritten: Promise<boolean>;
  readonly cancel: () => void;
}

/** An answered append without events. */
interface EmptyAppend {
  readonly connectionId: unknown;
  readonly isWritten: boolean;
}

/**
 * Shows that the connected node leads: an append without events, which only a majority of the cluster can acknowledge
 * (ADR 0010). What the node says of itself proves nothing: one that was frozen calls itself the leader until it learns
 * that another was elected, and an elected one answers before its index has caught up.
 */
export class Barrier {
  readonly #parts: BarrierParts;
  /** Never gets an event. No other program appends to it, so it also never refuses the append. */
  readonly #streamName: string;
  /** The barrier that is not sent yet. All who ask meanwhile share it. */
  #waiting: Promise<Shown> | undefined;
  /** Settles when no barrier is under way. */
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(parts: BarrierParts) {
    this.#parts = parts;
    this.#streamName = parts.names.barrierNameOf(randomUUID());
  }

  /**
   * Waits until a barrier that was sent after this call, or for the same operation, is acknowledged. One is under way at
   * a time.
   *
   * @throws StoreUnavailable when it was not acknowledged, whatever the reason. That does not mean that the node lags.
   */
  async pass(signal: AbortSignal, shared: SharedBarrier = {}): Promise<Shown> {
    if (shared.shown?.isSameConnection() === true) return shared.shown;
    this.#waiting ??= this.#sendNext();
    // Each of the two barriers that this may wait for has its own time-out.
    const shown = await within(this.#waiting, Infinity, signal);
    if (shown === TIME_UP) throw notShown('the wait for its answer was cancelled');
    shared.shown = shown;
    return shown;
  }

  #sendNext(): Promise<Shown> {
    const sent = this.#underWay.then(() => this.#send());
    this.#underWay = sent.catch(() => undefined);
    return sent;
  }

  /**
   * Whether a stream has no events, as a majority of the cluster knows it: only then an append without events at "no
   * stream" is acknowledged. Otherwise the node refuses it on its own, so that `false` proves nothing.
   *
   * @throws StoreUnavailable when it was not acknowledged; StoreDamaged when the stream was deleted for good.
   */
  async isUnused(streamName: string, signal: AbortSignal): Promise<boolean> {
    const { connection, withinMs } = this.#parts;
    if (!(await connection.reads.acquire(withinMs, { signal }))) throw notShown(`no turn within ${withinMs} ms`);
    try {
      return (await this.#append(streamName, signal)).isWritten;
    } finally {
      connection.reads.release();
    }
  }

  async #send(): Promise<Shown> {
    const { connection, closing } = this.#parts;
    let askedAt = performance.now();
    const whenSent = (): void => {
      this.#waiting = undefined;
      askedAt = performance.now();
    };
    const { connectionId, isWritten } = await this.#append(this.#streamName, closing, whenSent).catch(
      (error: unknown) => {
        this.#waiting = undefined;
        throw error;
      },
    );
    // A node answers that the stream has events without asking the others.
    if (!isWritten) throw notShown(`the server refused an append without events to ${this.#streamName}`);
    return { askedAt, isSameConnection: () => connection.currentId === connectionId };
  }

  /** Appends nothing to a stream that should have no events. */
  async #append(streamName: string, signal: AbortSignal, whenSent?: () => void): Promise<EmptyAppend> {
    const { connection, withinMs } = this.#parts;
    const started = await connection.start(withinMs, (calls) => callOf(streamName, calls, whenSent), signal);
    const sentAt = performance.now();
    const connectionId = started.identifyConnection();
    try {
      const isWritten = await within(started.call.isWritten, withinMs, signal);
      if (isWritten === TIME_UP) {
        if (!signal.aborted) started.reportSilence(sentAt);
        throw notShown(`no answer within ${withinMs} ms`);
      }
      started.reportAnswer();
      return { connectionId, isWritten };
    } catch (error) {
      if (!signal.aborted) started.reportFailure(unacknowledged(error));
      throw error;
    } finally {
      started.call.cancel();
    }
  }
}

function callOf(streamName: string, calls: Calls, whenSent?: () => void): BarrierCall {
  whenSent?.();
  let settle: requestCallback<boolean> = () => undefined;
  const isWritten = new Promise<boolean>((resolve, reject) => {
    settle = (error, answer) => (error === null ? resolve(answer === true) : reject(error));
  });
  // Without a deadline of gRPC's own: after a blocked event loop, it drops an answer that has arrived.
  const call = calls.append(settle);
  call.write(emptyAppendRequest(streamName));
  call.end();
  return { isWritten, cancel: () => call.cancel() };
}
