import { EventStoreDBClient, UnavailableError, type Credentials } from '@eventstore/db-client';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { CallOptions, Client, Metadata } from '@grpc/grpc-js';
import {
  because,
  StoreClosed,
  StoreForeign,
  StoreUnavailable,
  TIME_UP,
  within,
  type Fault,
} from '@login-policy/event-sourcing/store';
import { backOff } from './deadline.js';
import { Slots } from './slots.js';
import { failureOf, isFailure, needsNewConnection, STORE } from './faults.js';

/** What a call is begun with: the stub on the connection of the moment, and what goes out with every call. */
export interface Beginning {
  readonly streams: StreamsClient;
  readonly metadata: Metadata;
  readonly options: CallOptions;
}

/** A call under way, and how to say that it ended badly. */
export interface Begun<Call> {
  readonly call: Call;
  /** Lets the client connect anew, to the leader if the error names one, when the error is of that kind. */
  failed(error: unknown): void;
  /** The server has answered: it can be reached. */
  answered(): void;
  /** When the server said something last, to whatever call, by `performance.now()`. */
  heardAt(): number;
}

/** A question under way, to the node that calls go to now. */
export interface Asked<Answer> {
  readonly answer: Promise<Answer>;
  /** Where the connection leads, ending with host and port. */
  readonly address: string;
  /** Stands for the connection: another one each time. */
  readonly by: unknown;
}

type Channel = ReturnType<Client['getChannel']>;

/** The members of the client this store is built on. They are `protected` in its types and have been there since 1.0. */
interface Lent {
  readonly execute: <Stub>(
    Client: new (...args: never[]) => Stub,
    name: string,
    action: (stub: Stub) => Promise<Stub>,
  ) => Promise<Stub>;
  readonly callArguments: (
    base: { credentials?: Credentials; requiresLeader: boolean },
    options: CallOptions,
  ) => [Metadata, CallOptions];
  readonly handleError: (streams: StreamsClient, error: Error) => Promise<void>;
}

/**
 * The client's connection, with the client's discovery, TLS, credentials and reconnecting, but without its calls: why is
 * in ADR 0010. No promise made here stays pending, and none rejects where nobody listens.
 */
export class Connection {
  /** Reads under way at a time: a server takes 100 calls, and live ones are among them. */
  readonly reads: Slots = new Slots(50);
  readonly #client: Lent;
  readonly #credentials: Credentials | undefined;
  #latest: StreamsClient | undefined;
  #watched: Channel | undefined;
  #made = Symbol('connection');
  #trouble: Fault | undefined;
  #heardAt = -Infinity;
  #isClosed = false;

  /** @throws StoreForeign when the client is not of a kind this store knows. */
  constructor(client: EventStoreDBClient, credentials: Credentials | undefined) {
    const lent: object = client;
    // Others have the same members and other messages, which are mixed up only on the wire.
    if (!(client instanceof EventStoreDBClient) || !isLent(lent)) {
      throw new StoreForeign({
        store: STORE,
        problem: 'this is not a client of the @eventstore/db-client 6.2 beside it',
      });
    }
    this.#client = lent;
    this.#credentials = credentials;
  }

  /** What the last attempt ended with, since nothing came of any; `undefined` while the server answers. */
  get trouble(): Fault | undefined {
    return this.#trouble;
  }

  /**
   * Begins a call at once on the connection there is, or on a new one.
   *
   * @throws StoreUnavailable when there is none in time, the signal fired, or no node to connect to.
   */
  async begin<Call>(
    withinMs: number,
    start: (beginning: Beginning) => Call,
    signal?: AbortSignal,
  ): Promise<Begun<Call>> {
    const streams = await this.#streams(withinMs, signal);
    try {
      const call = start({ streams, ...this.#arguments() });
      return {
        call,
        failed: (error) => this.#failed(streams, error),
        answered: () => this.#hear(),
        heardAt: () => this.#heardAt,
      };
    } catch (error) {
      this.#failed(streams, error);
      throw new StoreUnavailable({ store: STORE, problem: 'the connection was closed' }, error);
    }
  }

  /** Stands for the connection of the moment: another one each time it is made anew, also by the channel itself. */
  get current(): unknown {
    return this.#latest?.getChannel() === this.#watched ? this.#made : undefined;
  }

  /** Asks the node that calls go to what it knows of its cluster. @throws StoreUnavailable when there is no connection. */
  async ask(withinMs: number, signal?: AbortSignal): Promise<Asked<ClusterInfo>> {
    const streams = await this.#streams(withinMs, signal);
    // Made by the client on the channel there is, which is the one of `streams`.
    const gossip = await this.#client.execute(gossipGrpc.GossipClient, 'gossip', async (made) => made);
    const { metadata, options } = this.#arguments();
    const answer = new Promise<ClusterInfo>((resolve, reject) => {
      const limited = { ...options, deadline: Date.now() + withinMs };
      gossip.read(new shared.Empty(), metadata, limited, (error, cluster) => {
        if (error === null) return resolve(cluster);
        this.#failed(streams, error);
        return reject(error);
      });
    });
    const channel = gossip.getChannel();
    const by = this.#madeBy(channel);
    answer.then(
      () => this.#hear(),
      () => undefined,
    );
    return { answer, address: channel.getTarget(), by };
  }

  /** A channel that lost its line may lead to another node next, without a word to anybody. */
  #madeBy(channel: Channel): symbol {
    if (this.#watched === channel) return this.#made;
    this.#watched = channel;
    this.#made = Symbol('connection');
    channel.watchConnectivityState(channel.getConnectivityState(false), Infinity, () => (this.#watched = undefined));
    return this.#made;
  }

  /**
   * Resolves when the server can be reached.
   *
   * @throws StoreUnavailable when it can't in time: nothing was sent.
   */
  async ready(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    for (let attempt = 1; performance.now() < until; attempt++) {
      const leftMs = Math.max(1, until - performance.now());
      if (await this.#isReady(await this.#streams(leftMs), leftMs)) return;
      // Another call's failure may have closed the connection that was waited for.
      await backOff(attempt);
    }
    throw new StoreUnavailable({ store: STORE, problem: `no connection within ${withinMs} ms` });
  }

  /** Ends it for good: the client's `dispose` leaves its socket open, and one that is still being made holds the process. */
  close(): void {
    this.#isClosed = true;
    this.#latest?.close();
  }

  async #isReady(streams: StreamsClient, withinMs: number): Promise<boolean> {
    const waited = new Promise<boolean>((resolve) => {
      streams.waitForReady(Date.now() + withinMs, (error) => resolve(error === undefined));
    });
    const isReady = (await within(waited, withinMs)) === true;
    if (!isReady) this.#failed(streams, new UnavailableError(undefined, 'it could not be connected to'));
    return isReady;
  }

  async #streams(withinMs: number, signal?: AbortSignal): Promise<StreamsClient> {
    // Discovery has limits of its own that can add up to a minute, so it gets ours too.
    const asked = this.#client.execute(streamsGrpc.StreamsClient, 'store', async (streams) => streams);
    let streams: StreamsClient | typeof TIME_UP;
    try {
      streams = await within(asked, withinMs, signal);
    } catch (error) {
      throw this.#inTrouble(
        new StoreUnavailable({ store: STORE, problem: `no node was found to connect to${because(error)}` }, error),
      );
    }
    if (streams === TIME_UP) {
      const fault = new StoreUnavailable({ store: STORE, problem: `no node was found within ${withinMs} ms` });
      throw signal?.aborted === true ? fault : this.#inTrouble(fault);
    }
    if (this.#isClosed) throw new StoreClosed({ store: STORE });
    this.#latest = streams;
    return streams;
  }

  #hear(): void {
    this.#trouble = undefined;
    this.#heardAt = performance.now();
  }

  #inTrouble(fault: Fault): Fault {
    this.#trouble = fault;
    return fault;
  }

  #arguments(): Omit<Beginning, 'streams'> {
    const base = { requiresLeader: true, ...(this.#credentials !== undefined && { credentials: this.#credentials }) };
    const [metadata, options] = this.#client.callArguments(base, { deadline: Infinity });
    return { metadata, options };
  }

  #failed(streams: StreamsClient, error: unknown): void {
    if (isFailure(error)) this.#inTrouble(failureOf(error, 'connecting').fault);
    const cause = needsNewConnection(error);
    // When the client can't even close what it had, its next call finds that out for itself.
    if (cause !== undefined) this.#client.handleError(streams, cause).catch(() => undefined);
  }
}

function isLent(client: object): client is Lent {
  return ['execute', 'callArguments', 'handleError'].every((name) => typeof Reflect.get(client, name) === 'function');
}
