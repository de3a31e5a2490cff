import type { Client } from '@grpc/grpc-js';

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
