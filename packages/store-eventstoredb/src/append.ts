import {
  ConcurrentChange,
  DeadlineExceeded,
  freezeMetadata,
  meetsExpectation,
  notBefore,
  pause,
  placeInAppend,
  revisionAfter,
  RevisionConflict,
  toJsonObject,
  type Append,
  type Clock,
  type ExpectedRevision,
  type Instant,
  type NewEvent,
  type Position,
  type RecordedEvent,
  type Revision,
} from '@login-policy/event-sourcing';
import type { Order } from './batch-requests.js';
import type { Delivery } from './delivery.js';
import { Ending } from './ending.js';
import { notBegun } from './faults.js';
import type { Head } from './known-streams.js';
import type { StreamReader } from './reading-streams.js';
import type { Receipts } from './receipts.js';
import { proposalOf, type StoredEvent } from './rows.js';
import type { ReadingContext } from './server-reads.js';
import { StreamTurns } from './stream-turns.js';

/** What appending needs besides what reading does. */
export interface AppendingContext extends ReadingContext {
  readonly clock: Clock;
  readonly streams: StreamReader;
  readonly receipts: Receipts;
  readonly delivery: Delivery;
}

/** One append on its way, its events checked and frozen. */
interface Undertaking {
  readonly append: Append;
  readonly events: readonly NewEvent[];
  /** Fires when it may not begin any more. */
  readonly ending: Ending;
}

/**
 * Carries out appends. Each goes out at one exact revision, whatever the caller expected, so that the server's log decides
 * and a lost answer can be found out.
 */
export class Appender {
  readonly #context: AppendingContext;
  readonly #turns: StreamTurns = new StreamTurns();

  constructor(context: AppendingContext) {
    this.#context = context;
  }

  /** What `EventStore.append` promises. */
  async append(append: Append): Promise<readonly RecordedEvent[]> {
    const events = append.events.map((event) => checked(event));
    if (events.length === 0 && append.receipt === undefined) throw new RangeError('an append has at least one event');
    const { closing, timeouts } = this.#context;
    const ending = new Ending(closing, { signals: [append.signal], afterMs: timeouts.appendMs });
    try {
      const undertaking = { append, events, ending };
      return isLoose(append.expected) ? await this.#inTurn(undertaking) : await this.#attempts(undertaking);
    } catch (error) {
      // The time of this store was up, not the caller's.
      const isOwnTime = error instanceof DeadlineExceeded && append.signal?.aborted !== true;
      throw isOwnTime ? notBegun(append.streamId, timeouts.appendMs) : error;
    } finally {
      ending.leave();
    }
  }

  /** Who expects nothing exact of a stream would only meet others of this process there. */
  async #inTurn(undertaking: Undertaking): Promise<readonly RecordedEvent[]> {
    const done = await this.#turns.take(undertaking.append.streamId, undertaking.ending);
    try {
      return await this.#attempts(undertaking);
    } finally {
      done?.();
    }
  }

  async #attempts(undertaking: Undertaking): Promise<readonly RecordedEvent[]> {
    const { streamId } = undertaking.append;
    for (let attempt = 1; ; attempt++) {
      refuseLate(undertaking);
      const recorded = await (undertaking.events.length === 0
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
    const { clock, delivery, known, receipts } = this.#context;
    const head = await this.#headToGoAfter(undertaking);
    refuseLate(undertaking);
    const recordedAt = notBefore(head === 'none' ? undefined : head.recordedAt, clock());
    const order = this.#order(undertaking, head, recordedAt);
    // Until it is known better: whatever comes of it, the stream is not where it was.
    known.of(streamId).head = undefined;
    const delivered = await delivery.deliver(order);
    if (delivered.kind === 'written') return this.#record(undertaking, { head, recordedAt, ...delivered });
    if (receipt !== undefined) await receipts.refuse(streamId, receipt.key);
    if (isLoose(expected)) return undefined;
    throw new RevisionConflict({ streamId, expected, actual: delivered.actual });
  }

  /** The last event of the stream: as it is known if that will do, else looked up. @throws RevisionConflict, ReceiptExists */
  async #headToGoAfter({ append, ending }: Undertaking): Promise<Head | 'none'> {
    const { streamId, expected, receipt } = append;
    const { known, receipts, streams } = this.#context;
    const kept = known.of(streamId).head;
    const isEnough = kept !== undefined && meetsExpectation(expected, revisionOf(kept));
    const head = isEnough ? kept : await streams.head(streamId, ending.signal);
    if (receipt !== undefined) await receipts.refuse(streamId, receipt.key, ending.signal);
    const actual = revisionOf(head);
    if (meetsExpectation(expected, actual)) return head;
    throw new RevisionConflict({ streamId, expected, actual });
  }

  #order({ append, events }: Undertaking, head: Head | 'none', recordedAt: Instant): Order {
    const { streamId, receipt } = append;
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
    { append, events }: Undertaking,
    { head, recordedAt, positions }: { head: Head | 'none'; recordedAt: Instant; positions: readonly Position[] },
  ): readonly RecordedEvent[] {
    const { streamId, receipt } = append;
    const stored: StoredEvent[] = [];
    let last = revisionOf(head);
    for (const [index, position] of positions.entries()) {
      const event = events[index];
      if (event === undefined) break;
      last = revisionAfter(last);
      const { id, type, schemaVersion, data, metadata } = event;
      const place = placeInAppend(index, events.length);
      const recorded = Object.freeze({
        ...{ id, streamId, revision: last, position, recordedAt, type, schemaVersion, data, metadata },
        ...(place !== undefined && { append: place }),
      });
      stored.push({ event: recorded, receipt: index === events.length - 1 ? receipt : undefined });
    }
    this.#context.known.see(streamId, stored);
    return Object.freeze(stored.map(({ event }) => event));
  }

  /** One attempt at a command that had nothing to change; `undefined` when the stream went on meanwhile. */
  async #keepReceipt(undertaking: Undertaking): Promise<readonly RecordedEvent[] | undefined> {
    const { streamId, receipt } = undertaking.append;
    if (receipt === undefined) return [];
    const actual = revisionOf(await this.#headToGoAfter(undertaking));
    if (actual === undefined) {
      throw new RangeError(`a receipt without events needs a stream with events, and ${streamId} has none`);
    }
    refuseLate(undertaking);
    return (await this.#context.receipts.keep({ streamId, receipt, revision: actual })) === 'kept' ? [] : undefined;
  }
}

/** @throws DeadlineExceeded, StoreClosed when the append must not begin any more. */
function refuseLate({ append, ending }: Undertaking): void {
  if (ending.isHere()) throw new DeadlineExceeded({ doing: `appending to ${append.streamId}` });
}

function isLoose(expected: ExpectedRevision): boolean {
  return expected === 'any' || expected === 'stream-exists';
}

function revisionOf(head: Head | 'none'): Revision | undefined {
  return head === 'none' ? undefined : head.revision;
}

/** An event as it will be kept. @throws UnserialisableData, RangeError */
function checked(event: NewEvent): NewEvent {
  const { id, type, schemaVersion, data, metadata } = event;
  if (type === '' || type.startsWith('$') || !type.isWellFormed()) {
    throw new RangeError(
      `a type of event is a text that does not begin with $, not ${JSON.stringify(type.slice(0, 80))}`,
    );
  }
  toJsonObject(metadata);
  return { id, type, schemaVersion, data: toJsonObject(data), metadata: freezeMetadata(metadata) };
}
