import type gossip from '@eventstore/db-client/generated/gossip_pb.js';
import { StoreUnavailable, TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { STORE } from './faults.js';

/**
 * How long an answer counts for a question that goes out together with the next one. A node that led so shortly before can't have
 * been deposed and elected again since: that takes a second at the least.
 */
const COUNTS_FOR_MS = 1000;
const LEADER = 8;

/**
 * Whether the node that answers is the leader, by its own gossip. A node that was elected passes calls that require the leader before
 * its index has caught up (state PreLeader), so what it says of its end may lack what was acknowledged.
 */
export class Leadership {
  readonly #connection: Connection;
  readonly #withinMs: number;
  #led: { readonly by: unknown; readonly at: number } | undefined;

  constructor(connection: Connection, withinMs: number) {
    this.#connection = connection;
    this.#withinMs = withinMs;
  }

  /** Whether the node was the leader just now, so that a look and the question may go out at once. */
  get isRecent(): boolean {
    const { by, at } = this.#led ?? {};
    return at !== undefined && by === this.#connection.current && performance.now() - at < COUNTS_FOR_MS;
  }

  /** Asks, unless that was done just now. Answers whether the connection is still the same. @throws StoreUnavailable when it does not lead. */
  async demand(signal: AbortSignal): Promise<() => boolean> {
    if (!this.isRecent) await this.ask(signal);
    const { current } = this.#connection;
    return () => current !== undefined && this.#connection.current === current;
  }

  /** @throws StoreUnavailable when the node does not lead, or does not say. */
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

/** Of the member with the address one is connected to; behind a proxy, of the one leader there is. */
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

function notLeading(problem: string): StoreUnavailable {
  return new StoreUnavailable({ store: STORE, problem: `the node ${problem}` });
}
