import type gossip from '@eventstore/db-client/generated/gossip_pb.js';
import { TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { Fault } from '@login-policy/event-sourcing/values';
import type { Connection } from './connection.js';
import { unavailable } from './faults.js';
import { allReadRequest } from './requests.js';
import { serverRead } from './server-reads.js';

/**
 * How long a check counts. A request and the next check are then sent together, because within this time a node can't
 * have lost the leadership and won it again: that takes at least a second.
 */
const CHECK_COUNTS_MS = 1000;
/** The state of a leader in the gossip. */
const LEADER = 8;
/** Also the state of a node that was elected, but has not taken over. */
const LEADING = [7, LEADER];
/** The most checks in a row while the connection changes. */
const MOST_CHECKS = 3;

/**
 * Checks that the connected node is the leader, by its gossip. A newly elected node accepts leader-only calls before
 * its index has caught up (state PreLeader). Until then, it may not know all acknowledged events.
 */
export class Leadership {
  readonly #connection: Connection;
  readonly #withinMs: number;
  readonly #closing: AbortSignal;
  /** The running check, which concurrent callers share. */
  #checking: Promise<unknown> | undefined;
  /** The last successful check. */
  #confirmed: { readonly connectionId: unknown; readonly at: number } | undefined;

  /** `closing` ends a shared check. */
  constructor(connection: Connection, withinMs: number, closing: AbortSignal) {
    this.#connection = connection;
    this.#withinMs = withinMs;
    this.#closing = closing;
  }

  /** The connection to a node that was the leader a moment ago. */
  get #recentLeader(): unknown {
    const { connectionId, at } = this.#confirmed ?? {};
    return at !== undefined && performance.now() - at < CHECK_COUNTS_MS ? connectionId : undefined;
  }

  /**
   * Checks that the node is the leader, unless that was done a moment ago. Concurrent callers share one check. Returns
   * a function that tells whether the connection is still the same.
   *
   * @throws StoreUnavailable when the node is not the leader.
   */
  async demand(signal: AbortSignal): Promise<() => boolean> {
    let connectionId = this.#recentLeader;
    // The check of an earlier connection does not count.
    for (let left = MOST_CHECKS; connectionId === undefined || connectionId !== this.#connection.currentId; left--) {
      if (left === 0) throw notLeading('changed while it was asked whether it is the leader');
      this.#checking ??= this.check(this.#closing).finally(() => (this.#checking = undefined));
      connectionId = await within(this.#checking, this.#withinMs, signal);
      if (connectionId === TIME_UP) throw notLeading('did not say in time whether it is the leader');
    }
    return () => this.#connection.currentId === connectionId;
  }

  /**
   * Checks that the node is the leader, and returns the id of its connection.
   *
   * @throws StoreUnavailable when the node is not the leader, or does not answer.
   */
  async check(signal: AbortSignal): Promise<unknown> {
    const askedAt = performance.now();
    const { members, address, connectionId } = await this.#connection.readGossip(this.#withinMs, signal);
    const state = stateOf(members, address);
    if (state !== LEADER) {
      await this.#makeItNameTheLeader(signal);
      throw notLeading(`has not taken over as the leader (state ${state ?? 'unknown'})`);
    }
    this.#confirmed = { connectionId, at: askedAt };
    return connectionId;
  }

  /**
   * Sends a call that only the leader answers. Any other node refuses it, and the client then connects to the leader.
   * The gossip alone would never move the client, because every node answers it.
   */
  async #makeItNameTheLeader(signal: AbortSignal): Promise<void> {
    const request = allReadRequest({ direction: 'backwards', from: 'end', filter: undefined, limit: 1 });
    const read = serverRead(this.#connection, { request, pageSize: 1, withinMs: this.#withinMs, signal });
    // The refusal has been reported to the client.
    await read.next().catch(() => undefined);
    await read.return();
  }
}

/**
 * The state of the connected node, which its address identifies. Behind a proxy the address is unknown; then the node
 * counts as the leader if the cluster has exactly one, and none that takes over.
 */
function stateOf(members: readonly gossip.MemberInfo[], address: string): number | undefined {
  const alive = members.filter((member) => member.getIsAlive());
  const own = alive.find((member) => {
    const endPoint = member.getHttpEndPoint();
    const name = `${endPoint?.getAddress()}:${endPoint?.getPort()}`;
    // A scheme may come before it; but `my-node:2113` is not `node:2113`.
    return address === name || address.endsWith(`/${name}`) || address.endsWith(`:${name}`);
  });
  if (own !== undefined) return own.getState();
  // The gossip of a node that has not taken over may still show its predecessor as the leader.
  const leading = alive.map((member) => Number(member.getState())).filter((state) => LEADING.includes(state));
  return leading.length === 1 ? leading[0] : undefined;
}

function notLeading(problem: string): Fault<'store-unavailable'> {
  return unavailable(`the node ${problem}`);
}
