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

/**
 * Checks that the connected node is the leader, by its gossip. A newly elected node accepts leader-only calls before
 * its index has caught up (state PreLeader). Until then, it may not know all acknowledged events.
 */
export class Leadership {
  readonly #connection: Connection;
  readonly #withinMs: number;
  #led: { readonly by: unknown; readonly at: number } | undefined;

  constructor(connection: Connection, withinMs: number) {
    this.#connection = connection;
    this.#withinMs = withinMs;
  }

  /** Whether the node was the leader a moment ago, so that a request and the next check can be sent together. */
  get isRecent(): boolean {
    const { by, at } = this.#led ?? {};
    return at !== undefined && by === this.#connection.current && performance.now() - at < COUNTS_FOR_MS;
  }

  /**
   * Checks the leadership, unless that was done a moment ago. Returns a function that tells whether the connection is
   * still the same.
   *
   * @throws StoreUnavailable when the node is not the leader.
   */
  async demand(signal: AbortSignal): Promise<() => boolean> {
    if (!this.isRecent) await this.ask(signal);
    const { current } = this.#connection;
    return () => current !== undefined && this.#connection.current === current;
  }

  /** @throws StoreUnavailable when the node is not the leader, or does not answer. */
  async ask(signal: AbortSignal): Promise<void> {
    const askedAt = performance.now();
    const { answer, address, by } = await this.#connection.ask(this.#withinMs, signal);
    const cluster = await within(answer, this.#withinMs, signal);
    if (cluster === TIME_UP) throw notLeading(`did not say within ${this.#withinMs} ms whether it leads`);
    const state = stateOf(cluster.getMembersList(), address);
    if (state !== LEADER) throw notLeading(`has not taken over as the leader (state ${state ?? 'unknown'})`);
    this.#led = { by, at: askedAt };
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
