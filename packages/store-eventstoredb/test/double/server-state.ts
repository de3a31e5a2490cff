import type { Metadata } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appender } from './append-check.js';
import { EventLog } from './event-log.js';
import { FaultScript } from './fault-script.js';
import { ACCESS_DENIED, NO_LEADER, notLeader, UNAUTHENTICATED, type CallEnd } from './status.js';

/** How the server this double stands for is made up. All of it may be changed while it runs. */
export interface ServerMode {
  /** They differ in subscriptions (reference §4), and in what they make of malformed calls. */
  version: '23.10.6' | '24.10.4' | '26.1.0';
  /** The server's own write time-out: what a client asks for can only be less (checklist 7). */
  writeTimeoutMs: number;
  /** Σ of a whole append (reference §2.4). */
  maxAppendSize: number;
  /** Batches unknown: `GetSupportedMethods` does not list them (checklist 1). */
  knowsBatches: boolean;
  /** Set on a node that is not the leader: where that is, or that nobody knows. */
  leader: { readonly host: string; readonly port: number } | 'unknown' | undefined;
  /**
   * Whether a majority of its cluster follows it (reference §1). `elected`: it is still bringing its index up, and
   * acknowledges appends only then. `deposed`: it was frozen, another leads, and it does not know; it acknowledges no
   * append, and calls itself leader. Either answers everything else that requires the leader.
   */
  office: 'leads' | 'elected' | 'deposed';
  /** Who may call, as `user:password`; nobody is asked while this is not set (checklist 36). */
  users: readonly string[] | undefined;
  /** Whether the ACL shuts everybody out of a stream, `$all` included. */
  isDenied: (streamName: string) => boolean;
  /** The checkpoint before caught-up (reference §4.2): right, 2^64-1, or at a place where the next event will be. */
  lastCheckpoint: 'right' | 'largest' | 'next-event';
}

/** All that the services of one double share. */
export class ServerState {
  readonly log = new EventLog();
  readonly appender = new Appender(this.log);
  readonly script = new FaultScript();
  readonly mode: ServerMode = {
    version: '24.10.4',
    writeTimeoutMs: 2000,
    maxAppendSize: 1_048_576,
    knowsBatches: true,
    leader: undefined,
    office: 'leads',
    users: undefined,
    isDenied: () => false,
    lastCheckpoint: 'right',
  };
  /** How often a subscriber was too slow for the live buffer. */
  overflows = 0;
  /** How many messages were sent to readers and subscribers. */
  sent = 0;
  /** How many records reads of everything looked at, those that their filters held back too. */
  considered = 0;
  /** How many calls came: reads, appends, and appends of a batch. */
  calls = 0;
  /** How many of them were reads of the whole log. */
  logReads = 0;
  /** How many appends without events came. */
  barriers = 0;
  /** Calls that clients have open now. */
  openCalls = 0;
  /** Tears all connections, without a goodbye. */
  cut: () => void = () => undefined;
  /** Tears each connection in the middle of what is sent next. */
  cutInside: () => void = () => undefined;
  /** Keeps back all answers. */
  holdAnswers: () => void = () => undefined;

  /** Why a call may not be served here at all (checklist 35, 36). */
  refusal(metadata: Metadata, streamName: string): CallEnd | undefined {
    const { leader } = this.mode;
    if (leader !== undefined && metadata.get('requires-leader').includes('true')) {
      return leader === 'unknown' ? NO_LEADER : notLeader(leader.host, leader.port);
    }
    if (!this.#isKnown(metadata)) return UNAUTHENTICATED;
    return this.mode.isDenied(streamName) ? ACCESS_DENIED : undefined;
  }

  /**
   * Resolves when a majority acknowledges an append, or else, after the server's own time-out, to `false`. Without an
   * election there is no wait, not even for a turn of the loop.
   */
  acknowledged(): Promise<boolean> | undefined {
    return this.#lacksMajority ? this.#waitForMajority() : undefined;
  }

  async #waitForMajority(): Promise<boolean> {
    const until = performance.now() + this.mode.writeTimeoutMs;
    while (this.#lacksMajority && performance.now() < until) await sleep(5);
    return !this.#lacksMajority;
  }

  get #lacksMajority(): boolean {
    return this.mode.office !== 'leads';
  }

  #isKnown(metadata: Metadata): boolean {
    const { users } = this.mode;
    if (users === undefined) return true;
    const [header] = metadata.get('authorization').map(String);
    return users.some((user) => header === `Basic ${Buffer.from(user).toString('base64')}`);
  }
}
