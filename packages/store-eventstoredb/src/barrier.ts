import { randomUUID } from 'node:crypto';
import { TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { requestCallback } from '@grpc/grpc-js';
import type { CallArguments, Connection } from './connection.js';
import { notShown, unacknowledged } from './faults.js';
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
  readonly acknowledged: Promise<void>;
  readonly cancel: () => void;
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

  async #send(): Promise<Shown> {
    const { connection, withinMs, closing } = this.#parts;
    let askedAt = performance.now();
    const sending = connection.start(
      withinMs,
      (args) => {
        this.#waiting = undefined;
        askedAt = performance.now();
        return this.#call(args);
      },
      closing,
    );
    const started = await sending.catch((error: unknown) => {
      this.#waiting = undefined;
      throw error;
    });
    const connectionId = started.identifyConnection();
    try {
      const answer = await within(started.call.acknowledged, withinMs, closing);
      if (answer === TIME_UP) {
        if (!closing.aborted) started.reportSilence(askedAt);
        throw notShown(`no answer within ${withinMs} ms`);
      }
      started.reportAnswer();
    } catch (error) {
      if (!closing.aborted) started.reportFailure(unacknowledged(error));
      throw error;
    } finally {
      started.call.cancel();
    }
    return { askedAt, isSameConnection: () => connection.currentId === connectionId };
  }

  #call({ streams, metadata, options }: CallArguments): BarrierCall {
    let settle: requestCallback<AppendResp> = () => undefined;
    const acknowledged = new Promise<void>((resolve, reject) => {
      settle = (error, response) => {
        if (error !== null) return reject(error);
        // A node answers that the stream has events without asking the others.
        if (response?.hasSuccess() === true) return resolve();
        return reject(notShown(`the server refused an append without events to ${this.#streamName}`));
      };
    });
    // Without a deadline of gRPC's own: after a blocked event loop, it drops an answer that has arrived.
    const call = streams.append(metadata, options, settle);
    call.write(this.#parts.connection.requests.emptyAppend(this.#streamName));
    call.end();
    return { acknowledged, cancel: () => call.cancel() };
  }
}
