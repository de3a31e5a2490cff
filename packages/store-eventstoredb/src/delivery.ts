import type { Position, Revision } from '@login-policy/event-sourcing';
import { OutcomeUnknown, revisionAfter, WrittenUnseen } from '@login-policy/event-sourcing/store';
import { lost, type Answer, type Lost } from './append-answer.js';
import type { BatchLine } from './append-queue.js';
import type { Order } from './batch-requests.js';
import { backOff } from './deadline.js';
import { deletedOutside } from './faults.js';
import { streamReadRequest } from './requests.js';
import { positionAt, positionOf, type WireEvent } from './rows.js';
import { recordsOf, serverRead, type ReadingContext } from './server-reads.js';

/** What became of an order, for certain. The positions are those of its events, in their order. */
export type Delivered =
  | { readonly kind: 'written'; readonly positions: readonly Position[] }
  | { readonly kind: 'conflict'; readonly actual: Revision | undefined };

/**
 * Gets an order to the server and finds out what became of it. When an answer is lost, the events are looked up by
 * their ids; are they not there, the same order is given again: it names the revision it belongs behind, so the
 * server's log lets it be carried out once at most, also when the first one was only late (reference §2.3).
 */
export class Delivery {
  readonly #context: ReadingContext;
  readonly #line: BatchLine;

  /** `closing` of the context fires when even what has begun is given up. */
  constructor(context: ReadingContext, line: BatchLine) {
    this.#context = context;
    this.#line = line;
  }

  /** {@link send}, and {@link findOut} if that does not tell. */
  async deliver(order: Order): Promise<Delivered> {
    const sent = await this.send(order);
    return sent.kind === 'lost' ? this.findOut(order, sent) : sent;
  }

  /**
   * Sends an order once.
   *
   * @throws WrittenUnseen when it is there, and where could not be seen.
   * @throws StoreUnavailable, StoreDamaged, UnserialisableData when the server refused it: nothing was written.
   */
  async send(order: Order): Promise<Delivered | Lost> {
    const answer = await this.#line.send(order, this.#context.timeouts.appendMs);
    if (answer.kind === 'refused') throw answer.fault;
    if (answer.kind !== 'written') return answer;
    return this.#settled(order, answer) ?? this.findOut(order, answer);
  }

  /** The outcome, if the answer alone tells all of it: the server only gives the position of the last event. */
  #settled(order: Order, answer: Extract<Answer, { kind: 'written' }>): Delivered | undefined {
    const { expected, proposals, streamName } = order;
    const before = expected === 'no-stream' ? -1n : expected;
    // A deleted stream goes on counting where it ended: that is how one shows that nobody saw deleted.
    if (answer.last !== before + BigInt(proposals.length)) throw deletedOutside(streamName);
    const [only, ...others] = proposals;
    if (only === undefined || others.length > 0 || answer.place === undefined) return undefined;
    return { kind: 'written', positions: [positionAt(answer.place, only.uuid)] };
  }

  /**
   * Finds out what became of an order. @throws OutcomeUnknown when looking did not tell in time, WrittenUnseen as
   * above.
   */
  async findOut(order: Order, first: Answer): Promise<Delivered> {
    const { closing, timeouts } = this.#context;
    const until = performance.now() + timeouts.lookupMs;
    let latest = first;
    for (let attempt = 1; performance.now() < until && !closing.aborted; attempt++) {
      const positions = await this.#lookUp(order, until - performance.now());
      if (Array.isArray(positions)) return { kind: 'written', positions };
      if (positions === 'absent' && latest.kind !== 'written') {
        latest = await this.#repeat(order, until - performance.now());
        if (latest.kind === 'conflict') return latest;
        const settled = latest.kind === 'written' ? this.#settled(order, latest) : undefined;
        if (settled !== undefined) return settled;
      }
      await backOff(attempt, closing);
    }
    const { streamId } = order;
    if (latest.kind === 'written') throw new WrittenUnseen({ streamId });
    throw new OutcomeUnknown({ streamId }, latest.kind === 'lost' ? latest.cause : undefined);
  }

  /** A refusal is worth nothing here: the first attempt may still be under way in the server. */
  async #repeat(order: Order, leftMs: number): Promise<Answer> {
    const ms = Math.max(1, Math.min(leftMs, this.#context.timeouts.appendMs));
    const answer = await this.#line.send(order, ms);
    return answer.kind === 'refused' ? lost(answer.fault) : answer;
  }

  /** The positions of the order's events when they are there; `absent` when they are not; else it could not be seen. */
  async #lookUp(order: Order, leftMs: number): Promise<Position[] | 'absent' | 'unseen'> {
    const { connection, timeouts, closing } = this.#context;
    const { streamName, expected, proposals } = order;
    const from = revisionAfter(expected === 'no-stream' ? undefined : expected);
    const request = streamReadRequest({ streamName, direction: 'forwards', from, limit: proposals.length });
    const withinMs = Math.max(1, Math.min(leftMs, timeouts.readMs));
    const found: WireEvent[] = [];
    try {
      const read = { request, pageSize: proposals.length, withinMs, signal: closing };
      for await (const messages of serverRead(connection, read)) found.push(...recordsOf(messages));
    } catch {
      // Whatever it was: it did not tell, and the caller asks again as long as there is time.
      return 'unseen';
    }
    const isThere = proposals.every(({ uuid }, index) => found[index]?.getId()?.getString() === uuid);
    if (isThere) return found.map((record) => positionOf(record));
    return closing.aborted ? 'unseen' : 'absent';
  }
}
