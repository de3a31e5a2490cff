import type { Client } from '@grpc/grpc-js';

export type Channel = ReturnType<Client['getChannel']>;

/** Values of `connectivityState` of `@grpc/grpc-js`. */
const [READY, SHUTDOWN] = [2, 4];

/**
 * Tells two connections of one channel apart: a channel that lost its connection may reconnect to another node without
 * notice.
 */
export class ChannelWatch {
  #watched: Channel | undefined;
  #connection = Symbol('connection');

  /** Identifies the channel's connection; `undefined` when it was lost, or is not watched. */
  connectionOf(channel: Channel | undefined): symbol | undefined {
    return channel !== undefined && channel === this.#watched ? this.#connection : undefined;
  }

  /** Watches a channel, and identifies its connection. */
  begin(channel: Channel): symbol {
    if (this.#watched === channel) return this.#connection;
    this.#watched = channel;
    this.#connection = Symbol('connection');
    this.#watch(channel);
    return this.#connection;
  }

  #watch(channel: Channel): void {
    const before = channel.getConnectivityState(false);
    if (before === SHUTDOWN) return;
    channel.watchConnectivityState(before, Infinity, () => {
      if (this.#watched !== channel) return;
      if (before === READY) this.#watched = undefined;
      // Still connecting: no call has been answered yet.
      else this.#watch(channel);
    });
  }
}
