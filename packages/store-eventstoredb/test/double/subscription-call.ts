import { status } from '@grpc/grpc-js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import { PAGE, type ServerFilter } from './event-filter.js';
import type { EventLog, LogRecord } from './event-log.js';
import { caughtUpMessage, checkpointMessage, confirmationMessage, eventMessage } from './messages.js';
import type { Outlet } from './outlet.js';
import type { ServerState } from './server-state.js';
import { bare, TOO_SLOW, UNKNOWN } from './status.js';

/** A subscription's live buffer (reference §4.1). */
const LIVE_BUFFER = 32;
const LARGEST = 2n ** 64n - 1n;

interface Subscribing {
  readonly state: ServerState;
  readonly outlet: Outlet;
  readonly options: streams.ReadReq.Options;
  readonly filter: ServerFilter;
}

/** A subscription to `$all`: confirmation, history, caught-up, live; what is behind the buffer is history again. */
export async function subscribeToAll(subscribing: Subscribing): Promise<void> {
  const { state, outlet, options } = subscribing;
  const start = startOf(state, options);
  if (start === undefined) {
    const isOld = state.mode.version === '23.10.6';
    if (state.mode.version === '26.1.0') await outlet.send(confirmationMessage());
    return outlet.end(isOld ? UNKNOWN : bare(status.INVALID_ARGUMENT, 'Trying to read from an invalid position.'));
  }
  const subscription = new AllSubscription(subscribing, start);
  await outlet.send(confirmationMessage());
  while (!outlet.isOver) await subscription.step();
}

/** The position of the first record that may be sent: what was asked for is exclusive (checklist 19, 29). */
function startOf({ log, mode }: ServerState, options: streams.ReadReq.Options): bigint | undefined {
  const all = options.getAll();
  if (all?.hasEnd() === true) return log.end;
  const asked = all?.getPosition();
  if (asked === undefined) return 0n;
  const commit = BigInt(asked.getCommitPosition());
  if (!log.isStart(commit)) return undefined;
  // 23.10 skips exactly one record at or after the given position (reference §4.1).
  if (mode.version === '23.10.6') return (log.records[log.indexFrom(commit)]?.position ?? commit) + 1n;
  // 24.x compares: (C, 0) lies before the record at (C, C).
  return BigInt(asked.getPreparePosition()) < commit ? commit : commit + 1n;
}

class AllSubscription {
  readonly #state: ServerState;
  readonly #log: EventLog;
  readonly #outlet: Outlet;
  readonly #filter: ServerFilter;
  readonly #isFiltered: boolean;
  #next: bigint;
  #isLive = false;
  #isFirstTime = true;
  #considered = 0;
  #lastSent: bigint | undefined;
  #lastCheckpoint: bigint | undefined;
  readonly #isFromStart: boolean;

  constructor({ state, outlet, options, filter }: Subscribing, start: bigint) {
    this.#state = state;
    this.#log = state.log;
    this.#outlet = outlet;
    this.#filter = filter;
    this.#isFiltered = options.hasFilter();
    this.#isFromStart = options.getAll()?.hasStart() === true;
    this.#next = start;
  }

  async step(): Promise<void> {
    const index = this.#log.indexFrom(this.#next);
    const behind = this.#log.records.length - index;
    if (!this.#isLive) return behind === 0 ? this.#goLive() : this.#page(index);
    if (behind === 0) return this.#wake();
    if (behind > LIVE_BUFFER) return this.#fallBehind();
    return this.#live(this.#log.records[index]);
  }

  /** One page of history, and the checkpoint at its end when enough was looked at (checklist 32). */
  async #page(index: number): Promise<void> {
    const begin = this.#log.records[index]?.position ?? this.#log.end;
    let sent = 0;
    // By its place, not by its number in the list: records before it may be scavenged while one is being sent.
    for (let seen = 0; seen < this.#filter.window && sent < PAGE && !this.#outlet.isOver; seen++) {
      const record = this.#log.records[this.#log.indexFrom(this.#next)];
      if (record === undefined) break;
      if (await this.#take(record)) sent += 1;
    }
    if (this.#considered >= this.#filter.interval) await this.#checkpointAfterPage(begin);
  }

  /** The last event sent, or the page's start if that is later, which reads (end of the record before it, 0). */
  async #checkpointAfterPage(begin: bigint): Promise<void> {
    this.#considered = 0;
    if (this.#lastSent !== undefined && this.#lastSent >= begin) await this.#checkpoint(this.#lastSent, this.#lastSent);
    else await this.#checkpoint(begin, 0n);
  }

  async #goLive(): Promise<void> {
    const isOld = this.#state.mode.version === '23.10.6';
    if (this.#isFiltered && !isOld) await this.#checkpointBeforeCaughtUp();
    // 23.10 says it once, 24.x each time (reference §4.1).
    if (this.#isFirstTime || !isOld) await this.#outlet.send(caughtUpMessage());
    this.#isFirstTime = false;
    this.#isLive = true;
  }

  async #checkpointBeforeCaughtUp(): Promise<void> {
    const { lastCheckpoint } = this.#state.mode;
    // 24.2 to 24.10.4: nothing matched and less than an interval was looked at (reference §4.2).
    if (lastCheckpoint === 'largest' && this.#isFromStart && this.#lastSent === undefined) {
      return this.#checkpoint(LARGEST, LARGEST);
    }
    // KurrentDB #4970: raised to where the next event will be written.
    if (lastCheckpoint === 'next-event') return this.#checkpoint(this.#log.end, 0n);
    return this.#lastSent === undefined ? undefined : this.#checkpoint(this.#lastSent, this.#lastSent);
  }

  async #live(record: LogRecord | undefined): Promise<void> {
    if (record === undefined) return;
    await this.#take(record);
    if (this.#considered < this.#filter.interval) return;
    this.#considered = 0;
    await this.#checkpoint(record.position, record.position);
  }

  async #take(record: LogRecord): Promise<boolean> {
    this.#next = record.position + 1n;
    this.#considered += 1;
    if (!this.#filter.matches(record)) return false;
    this.#lastSent = record.position;
    const room = this.#outlet.send(eventMessage(record));
    if (room !== undefined) await room;
    return true;
  }

  /** Repeats are suppressed (reference §4.2). */
  async #checkpoint(commit: bigint, prepare: bigint): Promise<void> {
    if (!this.#isFiltered || commit === this.#lastCheckpoint) return;
    this.#lastCheckpoint = commit;
    await this.#outlet.send(checkpointMessage(commit, prepare));
  }

  /** Checklist 30: 23.10 gives up, 24.x catches up again. */
  async #fallBehind(): Promise<void> {
    this.#state.overflows += 1;
    if (this.#state.mode.version === '23.10.6') return this.#outlet.end(TOO_SLOW);
    this.#isLive = false;
  }

  #wake(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        leave();
        this.#outlet.over.removeEventListener('abort', wake);
        resolve();
      };
      const leave = this.#log.onWrite(wake);
      this.#outlet.over.addEventListener('abort', wake, { once: true });
    });
  }
}
