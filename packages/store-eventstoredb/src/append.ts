import { isFault } from '@login-policy/event-sourcing';
import type { Clock, Instant, Position, RecordedEvent, Revision, StreamId } from '@login-policy/event-sourcing';
import {
  ConcurrentChange,
  DeadlineExceeded,
  conflictOf,
  refusalOf,
  notBefore,
  pause,
  placeInAppend,
  RevisionConflict,
  StoreUnavailable,
  type Append,
  type ExpectedRevision,
  checkedAppend,
  recordedEvents,
  KeyedMutex,
} from '@login-policy/event-sourcing/store';
import type { Order } from './batch-requests.js';
import type { Delivery } from './delivery.js';
import { backOff } from './deadline.js';
import { Ending } from './ending.js';
import { notBegun, STORE } from './faults.js';
import type { Head } from './known-streams.js';
import type { StreamReader } from './reading-streams.js';
import type { Receipts } from './receipts.js';
import { proposalOf } from './rows.js';
import type { ReadingContext } from './server-reads.js';
import { Slots } from './slots.js';

/** Appends under way at a time, from the look for the stream's end to the answer; the others wait for their turn. */
const MOST_UNDER_WAY = 256;

/** What appending needs besides what reading does. */
export interface AppendingContext extends ReadingContext {
  readonly clock: Clock;
  readonly streams: StreamReader;
  readonly receipts: Receipts;
  readonly delivery: Delivery;
}

/** One append on its way, checked and frozen. */
interface Undertaking {
  readonly append: Append;
  /** Fires when it may not begin any more. */
  readonly ending: Ending;
}

/**
 * Carries out appends. Each goes out at one exact revision, whatever the caller expected, so that the server's log decides
 * and a lost answer can be found out.
 */
export class Appender {
  readonly #context: AppendingContext;
  readonly #turns = new KeyedMutex<StreamId>();
  readonly #slots = new Slots(MOST_UNDER_WAY);

  constructor(context: AppendingContext) {
    this.#context = context;
  }

  /** What `EventStore.append` promises. */
  async append(given: Append): Promise<readonly RecordedEvent[]> {
    const append = checkedAppend(given);
    const { closing, timeouts } = this.#context;
    const ending = new Ending(closing, { signals: [append.signal], afterMs: timeouts.appendMs });
    try {
      return await this.#amongFew({ append, ending });
    } catch (error) {
      if (!isFault(error, 'deadline-exceeded') || append.signal?.aborted === true) throw error;
      // The time of this store was up, not the caller's, unless it was closed: then it says so itself.
      ending.isHere();
      throw notBegun(append.streamId, timeouts.appendMs);
    } finally {
      ending.leave();
    }
  }

  /** Those who are let in get through: all of a crowd at once would get nowhere in their time. */
  async #amongFew(undertaking: Undertaking): Promise<readonly RecordedEvent[]> {
    const { append, ending } = undertaking;
    const entering = this.#slots.enter(this.#context.timeouts.appendMs, ending);
    if (entering !== true && !(await entering)) throw late(undertaking);
    try {
      return isLoose(append.expected) ? await this.#inTurn(undertaking) : await this.#attempts(undertaking);
    } finally {
      this.#slots.leave();
    }
  }

  /** Who expects nothing exact of a stream would only meet others of this process there. */
  async #inTurn(undertaking: Undertaking): Promise<readonly RecordedEvent[]> {
    const { append, ending } = undertaking;
    if ((await this.#turns.enter(append.streamId, ending)) === false) throw late(undertaking);
    try {
      return await this.#attempts(undertaking);
    } finally {
      this.#turns.leave(append.streamId);
    }
  }

  async #attempts(undertaking: Undertaking): Promise<readonly RecordedEvent[]> {
    const { streamId } = undertaking.append;
    for (let attempt = 1; ; attempt++) {
      refuseLate(undertaking);
      const recorded = await (undertaking.append.events.length === 0
        ? this.#keepReceipt(undertaking)
        : this.#write(undertaking));
      if (recorded !== undefined) return recorded;
      await pause(attempt);
      const isOut = undertaking.ending.isHere() && undertaking.append.signal?.aborted !== true;
      if (isOut) throw new ConcurrentChange({ streamId, attempts: attempt });
    }
  }

  /** One attempt; `undefined` when others were first, and the caller does not mind who. */
  async #write(undertaking: Undertaking): Promise<readonly RecordedEvent[] | undefined> {
    const { streamId, expected, receipt } = undertaking.append;
    const { clock, delivery, known, own, receipts } = this.#context;
    const head = await this.#headToGoAfter(undertaking);
    refuseLate(undertaking);
    const recordedAt = notBefore(
      head === 'none' ? undefined : head.recordedAt,
      undertaking.append.recordedAt ?? clock(),
    );
    const order = this.#order(undertaking, head, recordedAt);
    // Until it is known better: whatever comes of it, the stream is not where it was.
    known.of(streamId).head = undefined;
    const delivered = await delivery.deliver(order);
    if (delivered.kind === 'written') {
      const recorded = this.#record(undertaking, { head, recordedAt, ...delivered });
      own.note(recorded, order.proposals, receipt);
      return recorded;
    }
    if (receipt !== undefined) await receipts.refuse(streamId, receipt.key);
    if (isLoose(expected)) return undefined;
    await this.#demandReadable(undertaking, delivered.actual);
    throw new RevisionConflict({ streamId, expected, actual: delivered.actual });
  }

  /**
   * A leader that has lost its followers holds an event that nobody can read: who decided again would meet the same conflict.
   *
   * @throws StoreUnavailable when the event that was first can't be read in time.
   */
  async #demandReadable({ append, ending }: Undertaking, actual: Revision | undefined): Promise<void> {
    const { streamId } = append;
    for (let attempt = 1; actual !== undefined; attempt++) {
      const head = await this.#context.streams.head(streamId, ending.signal);
      if (head !== 'none' && head.revision >= actual) return;
      await backOff(attempt, ending.signal);
      if (!ending.isHere() || append.signal?.aborted === true) continue;
      const problem = `${streamId} has an event at revision ${actual} that can't be read: the leader has not replicated it`;
      throw new StoreUnavailable({ store: STORE, problem });
    }
  }

  /** The last event of the stream: as it is known if that will do, else looked up. @throws RevisionConflict, ReceiptExists */
  async #headToGoAfter({ append, ending }: Undertaking): Promise<Head | 'none'> {
    const { streamId, receipt } = append;
    const { known, receipts, streams } = this.#context;
    const kept = known.of(streamId).head;
    const isEnough = kept !== undefined && conflictOf(append, lastOf(kept)) === undefined;
    const head = isEnough ? kept : await streams.head(streamId, ending.signal);
    if (receipt !== undefined) await receipts.refuse(streamId, receipt.key, { head, signal: ending.signal });
    const refusal = refusalOf(append, { last: lastOf(head), hasReceipt: false });
    if (refusal !== undefined) throw refusal;
    return head;
  }

  #order({ append }: Undertaking, head: Head | 'none', recordedAt: Instant): Order {
    const { streamId, events, receipt } = append;
    const last = events.length - 1;
    return {
      streamId,
      streamName: this.#context.names.nameOf(streamId),
      expected: revisionOf(head) ?? 'no-stream',
      proposals: events.map((event, index) => {
        const place = placeInAppend(index, events.length);
        return proposalOf(event, { recordedAt, append: place, receipt: index === last ? receipt : undefined });
      }),
    };
  }

  #record(
    { append }: Undertaking,
    { head, recordedAt, positions }: { head: Head | 'none'; recordedAt: Instant; positions: readonly Position[] },
  ): readonly RecordedEvent[] {
    const { streamId, receipt } = append;
    const last = positions.length - 1;
    const position = (index: number): Position => {
      const placed = positions[index];
      if (placed === undefined) throw new TypeError('an event that was written has no position');
      return placed;
    };
    const recorded = recordedEvents(append, { after: revisionOf(head), recordedAt, position });
    this.#context.known.see(
      streamId,
      recorded.map((event, index) => ({ event, receipt: index === last ? receipt : undefined })),
    );
    return recorded;
  }

  /** One attempt at a command that had nothing to change; `undefined` when the stream went on meanwhile. */
  async #keepReceipt(undertaking: Undertaking): Promise<readonly RecordedEvent[] | undefined> {
    const { streamId, receipt } = undertaking.append;
    if (receipt === undefined) return [];
    const actual = revisionOf(await this.#headToGoAfter(undertaking));
    refuseLate(undertaking);
    // A stream without events was refused.
    if (actual === undefined) return [];
    return (await this.#context.receipts.keep({ streamId, receipt, revision: actual })) === 'kept' ? [] : undefined;
  }
}

/** @throws DeadlineExceeded, StoreClosed when the append must not begin any more. */
function refuseLate(undertaking: Undertaking): void {
  if (undertaking.ending.isHere()) throw late(undertaking);
}

function late({ append }: Undertaking): DeadlineExceeded {
  return new DeadlineExceeded({ doing: `appending to ${append.streamId}` });
}

function isLoose(expected: ExpectedRevision): boolean {
  return expected === 'any' || expected === 'stream-exists';
}

function lastOf(head: Head | 'none'): Head | undefined {
  return head === 'none' ? undefined : head;
}

function revisionOf(head: Head | 'none'): Revision | undefined {
  return lastOf(head)?.revision;
}
