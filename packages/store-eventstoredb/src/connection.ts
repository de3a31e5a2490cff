import type { Client } from '@grpc/grpc-js';
import { Fault } from '@login-policy/event-sourcing';
import { TIME_UP, type Trouble, within } from '@login-policy/event-sourcing/store';
import { Semaphore, backOff } from './time.js';
import { Calls } from './calls.js';
import type { KnownClient } from './clients.js';
import type { Credentials } from './options.js';
import {
  STORE,
  failureOf,
  isFailure,
  isOwnCancellation,
  needsNewConnection,
  unavailable,
  unreachable,
} from './faults.js';

/** A started call, and callbacks that report what happens to it. */
export interface StartedCall<Call> {
  readonly call: Call;
  /**
   * Reports that the call failed. After some errors the client reconnects, to the leader if the error names it.
   */
  reportFailure(error: unknown): void;
  /** Reports an answer: the server can be reached. */
  reportAnswer(): void;
  /**
   * Reports that this call got no answer since then, by `performance.now()`. If no other call got one, the connection
   * may be dead, and each store that may share it reconnects. HTTP/2 pings detect that only after 20 s.
   */
  reportSilence(since: number): void;
  /** The id of the connection, to be compared with {@link Connection.currentId}. Call it at once. */
  identifyConnection(): unknown;
}

/** The user that calls run as, and whether the store owns the client. */
export interface ConnectionSettings {
  /** Sent with every call instead of the client's own. */
  readonly credentials: Credentials | undefined;
  /** Whether the client's connection is closed with the store. */
  readonly isOwned: boolean;
}

/**
 * The client's connection. It uses the client's discovery, TLS, credentials and reconnecting, but not the client's
 * calls (ADR 0010 explains why). No promise created here stays pending, and none rejects without a handler.
 */
export class Connection {
  /** Limits concurrent reads: a server takes 100 calls per connection, including subscriptions. */
  readonly reads: Semaphore = new Semaphore(50);
  readonly #client: KnownClient;
  readonly #settings: ConnectionSettings;
  #latest: Client | undefined;
  readonly #watch = new ChannelWatch();
  #trouble: Trouble | undefined;
  /** When {@link #latest} was made, or answered last. */
  #aliveAt = -Infinity;
  #isClosed = false;

  constructor(client: KnownClient, settings: ConnectionSettings) {
    this.#client = client;
    this.#settings = settings;
    open.add(this);
  }

  /** Since when the server does not answer, and the error of the last attempt. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /**
   * Starts a call on the current connection, or on a new one.
   *
   * @throws StoreUnavailable when no connection was made in time, the signal fired, or no node was found.
   */
  async start<Call>(withinMs: number, start: (calls: Calls) => Call, signal?: AbortSignal): Promise<StartedCall<Call>> {
    const streams = await this.#connect(withinMs, signal);
    try {
      return {
        call: start(this.#callsOn(streams)),
        reportFailure: (error) => this.#handleFailure(streams, error),
        reportAnswer: () => this.#noteResponse(),
        reportSilence: (since) => {
          for (const each of open) each.#leaveIfSilent(streams.getChannel().getTarget(), since);
        },
        identifyConnection: () => this.#watch.watch(streams.getChannel()),
      };
    } catch (error) {
      this.#handleFailure(streams, error);
      throw unavailable('the connection was closed', error);
    }
  }

  /** Whether calls still go over the connection of this moment, which is made if there is none. */
  async identify(withinMs: number, signal: AbortSignal): Promise<() => boolean> {
    const id = this.#watch.watch((await this.#connect(withinMs, signal)).getChannel());
    return () => this.currentId === id;
  }

  /** A new value after each reconnect, also of the channel itself; `undefined` while the channel is not watched. */
  get currentId(): unknown {
    return this.#watch.connectionOf(this.#latest?.getChannel());
  }

  /**
   * Resolves when the server can be reached.
   *
   * @throws StoreUnavailable when it can't be reached in time: nothing was sent.
   */
  async ready(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    for (let attempt = 1; performance.now() < until; attempt++) {
      const leftMs = Math.max(1, until - performance.now());
      if (await this.#isReady(await this.#connect(leftMs), leftMs)) return;
      // Another call's failure may have closed this connection.
      await backOff(attempt);
    }
    throw unavailable(`no connection within ${withinMs} ms`);
  }

  /**
   * Closes the connection, unless its client is another's. The client's `dispose` leaves its socket open, and a socket
   * that is still connecting keeps the process alive.
   */
  close(): void {
    this.#isClosed = true;
    open.delete(this);
    if (this.#settings.isOwned) this.#latest?.close();
  }

  #leaveIfSilent(target: string, since: number): void {
    if (this.#latest?.getChannel().getTarget() !== target || this.#aliveAt >= since) return;
    const silence = `the server did not answer for ${Math.round(performance.now() - since)} ms`;
    this.#handleFailure(this.#latest, unreachable(silence));
  }

  async #isReady(streams: Client, withinMs: number): Promise<boolean> {
    const waiting = new Promise<boolean>((resolve) => {
      streams.waitForReady(Date.now() + withinMs, (error) => resolve(error === undefined));
    });
    const isReady = (await within(waiting, withinMs)) === true;
    if (!isReady) this.#handleFailure(streams, unreachable('the connection failed'));
    return isReady;
  }

  async #connect(withinMs: number, signal?: AbortSignal): Promise<Client> {
    // The client's discovery has time-outs of its own that can add up to a minute, so ours applies too.
    const { client, StreamsClient: Stub } = this.#client;
    const connecting = client.execute(Stub, 'store', async (stub) => stub);
    let streams: Client | typeof TIME_UP;
    try {
      streams = await within(connecting, withinMs, signal);
    } catch (error) {
      throw this.#setTrouble(
        unavailable(`no node to connect to was found${error instanceof Error ? ` (${error.message})` : ''}`, error),
      );
    }
    if (streams === TIME_UP) {
      const fault = unavailable(`no node was found within ${withinMs} ms`);
      throw signal?.aborted === true ? fault : this.#setTrouble(fault);
    }
    if (this.#isClosed) throw new Fault('store-closed', { store: STORE });
    if (streams !== this.#latest) this.#aliveAt = performance.now();
    this.#latest = streams;
    return streams;
  }

  #noteResponse(): void {
    this.#trouble = undefined;
    this.#aliveAt = performance.now();
  }

  #setTrouble(fault: Fault): Fault {
    this.#trouble = { since: this.#trouble?.since ?? new Date(), fault };
    return fault;
  }

  #callsOn(streams: Client): Calls {
    const { credentials } = this.#settings;
    const base = { requiresLeader: true, ...(credentials !== undefined && { credentials }) };
    const [metadata, options] = this.#client.client.callArguments(base, { deadline: Infinity });
    return new Calls(streams, metadata, options);
  }

  #handleFailure(streams: Client, error: unknown): void {
    if (isOwnCancellation(error)) return;
    if (isFailure(error)) this.#setTrouble(failureOf(error, 'connecting').fault);
    const cause = needsNewConnection(error);
    // If this fails, the client's next call detects the broken connection itself.
    if (cause !== undefined) this.#client.client.handleError(streams, cause).catch(() => undefined);
  }
}

/** The open connections of this process. gRPC may share one socket between those to the same address. */
const open = new Set<Connection>();

export type Channel = ReturnType<Client['getChannel']>;

/** Values of `connectivityState` of `@grpc/grpc-js`. */
const [READY, SHUTDOWN] = [2, 4];

/**
 * Tells the connections of one channel apart: a channel that lost its connection may silently reconnect to another
 * node.
 */
export class ChannelWatch {
  #watched: Channel | undefined;
  #connectionId = Symbol('connection');

  /** Identifies the channel's connection; `undefined` when it was lost, or is not watched. */
  connectionOf(channel: Channel | undefined): symbol | undefined {
    return channel !== undefined && channel === this.#watched ? this.#connectionId : undefined;
  }

  /** Watches a channel, and identifies its connection. */
  watch(channel: Channel): symbol {
    if (this.#watched === channel) return this.#connectionId;
    this.#watched = channel;
    this.#connectionId = Symbol('connection');
    this.#resetOnDisconnect(channel);
    return this.#connectionId;
  }

  #resetOnDisconnect(channel: Channel): void {
    const before = channel.getConnectivityState(false);
    if (before === SHUTDOWN) return;
    channel.watchConnectivityState(before, Infinity, () => {
      if (this.#watched !== channel) return;
      if (before === READY) this.#watched = undefined;
      // Still connecting: no call has been answered yet.
      else this.#resetOnDisconnect(channel);
    });
  }
}
