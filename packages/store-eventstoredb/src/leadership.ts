import type gossip from '@eventstore/db-client/generated/gossip_pb.js';
import { Fault, TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { STORE } from './faults.js';

/**
 * How long an answer stays valid for a request that is sent at the same time as the next check. Within this time a node
 * can't have lost the leadership and won it again: that takes at least a second.
 */
const COUNTS_FOR_MS = 1000;
const LEADER = 8;
/** How often a node is asked while the connection changes. */
const MOST_ASKED = 3;

/**
 * Checks that the connected node is the leader, by its gossip. A newly elected node accepts leader-only calls before
 * its index has caught up (state PreLeader). Until then, it may not know all acknowledged events.
 */
export class Leadership {
  readonly #connection: Connection;
  readonly #withinMs: number;
  readonly #closing: AbortSignal;
  /** The question in flight that demands share. */
  #asking: Promise<unknown> | undefined;
  #led: { readonly by: unknown; readonly at: number } | undefined;

  /** `closing` ends the questions that demands share. */
  constructor(connection: Connection, withinMs: number, closing: AbortSignal) {
    this.#connection = connection;
    this.#withinMs = withinMs;
    this.#closing = closing;
  }

  /** The connection whose node was the leader a moment ago, so that a request and the next check can be sent together. */
  get #recent(): unknown {
    const { by, at } = this.#led ?? {};
    return at !== undefined && performance.now() - at < COUNTS_FOR_MS ? by : undefined;
  }

  /**
   * Checks the leadership, unless that was done a moment ago. All that demand it meanwhile share one question. Returns a
   * function that tells whether the connection is still the same.
   *
   * @throws StoreUnavailable when the node is not the leader.
   */
  async demand(signal: AbortSignal): Promise<() => boolean> {
    let by = this.#recent;
    // The answer of a node that calls no longer go to does not count.
    for (let left = MOST_ASKED; by === undefined || by !== this.#connection.current; left--) {
      if (left === 0) throw notLeading('changed while it was asked whether it leads');
      this.#asking ??= this.ask(this.#closing).finally(() => (this.#asking = undefined));
      by = await within(this.#asking, this.#withinMs, signal);
      if (by === TIME_UP) throw notLeading(`did not say in time whether it leads`);
    }
    return () => this.#connection.current === by;
  }

  /**
   * Identifies the connection to the leader.
   *
   * @throws StoreUnavailable when the node is not the leader, or does not answer.
   */
  async ask(signal: AbortSignal): Promise<unknown> {
    const askedAt = performance.now();
    const { answer, address, by } = await this.#connection.ask(this.#withinMs, signal);
    const cluster = await within(answer, this.#withinMs, signal);
    if (cluster === TIME_UP) throw notLeading(`did not say within ${this.#withinMs} ms whether it leads`);
    const state = stateOf(cluster.getMembersList(), address);
    if (state !== LEADER) throw notLeading(`has not taken over as the leader (state ${state ?? 'unknown'})`);
    this.#led = { by, at: askedAt };
    return by;
  }
}

/** The state of the connected member. Behind a proxy its address is unknown, so the state of the only leader counts. */
function stateOf(members: readonly gossip.MemberInfo[], address: string): number | undefined {
  const alive = members.filter((member) => member.getIsAlive());
  const own = alive.find((member) => {
    const endPoint = member.getHttpEndPoint();
    return address.endsWith(`${endPoint?.getAddress()}:${endPoint?.getPort()}`);
  });
  if (own !== undefined) return own.getState();
  const leaders = alive.filter((member) => Number(member.getState()) === LEADER);
  return leaders.length === 1 ? LEADER : undefined;
}

function notLeading(problem: string): Fault<'store-unavailable'> {
  return new Fault('store-unavailable', { store: STORE, problem: `the node ${problem}` });
}
