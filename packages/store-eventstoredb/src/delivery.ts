import { Fault, type Position, type Revision } from '@login-policy/event-sourcing';
import { revisionAfter } from '@login-policy/event-sourcing/store';
import { lost, type Answer, type Lost } from './answers.js';
import type { BatchSender } from './batch.js';
import { streamReadRequest, type PreparedAppend } from './requests.js';
import { deletedOutside } from './faults.js';
import { positionAt, type LogRecord } from './record.js';
import { recordsOf, serverRead, type ReadingContext } from './server-reads.js';
import { backOff } from './time.js';

/** The certain outcome of an append. The positions are those of its events, in order. */
export type Delivered =
  | { readonly kind: 'written'; readonly positions: readonly Position[] }
  | { readonly kind: 'conflict'; readonly actual: Revision | undefined };

/**
 * Sends an append and finds out its outcome. After a lost answer, the events are looked up by their ids. If they are
 * absent, the same append is sent again. The server writes it at most once, even if the first attempt was only late,
 * because an append names the revision to append after (reference §2.3).
 */
export class Delivery {
  readonly #context: ReadingContext;
  readonly #sender: BatchSender;

  /** `context.closing` fires when even running appends are aborted. */
  constructor(context: ReadingContext, sender: BatchSender) {
    this.#context = context;
    this.#sender = sender;
  }

  /** {@link send}; if the outcome is unknown, then {@link findOut}. */
  async deliver(prepared: PreparedAppend): Promise<Delivered> {
    const sent = await this.send(prepared);
    return sent.kind === 'lost' ? this.findOut(prepared, sent) : sent;
  }

  /**
   * Sends an append once.
   *
   * @throws WrittenUnseen when it was written, but its positions could not be read.
   * @throws StoreUnavailable, StoreDamaged, UnserialisableData when the server refused it: nothing was written.
   */
  async send(prepared: PreparedAppend): Promise<Delivered | Lost> {
    const answer = await this.#sender.send(prepared, this.#context.timeouts.appendMs);
    if (answer.kind === 'refused') throw answer.fault;
    if (answer.kind !== 'written') return answer;
    return this.#outcomeOf(prepared, answer) ?? this.findOut(prepared, answer);
  }

  /** The outcome of an append of one event: the server returns only the position of the last event. */
  #outcomeOf(prepared: PreparedAppend, answer: Extract<Answer, { kind: 'written' }>): Delivered | undefined {
    const { expected, proposals, streamName } = prepared;
    const before = expected === 'no-stream' ? -1n : expected;
    // A deleted stream continues at the revision where it ended. So another revision than expected shows a deletion.
    if (answer.last !== before + BigInt(proposals.length)) throw deletedOutside(streamName);
    const [only, ...others] = proposals;
    if (only === undefined || others.length > 0 || answer.ordinal === undefined) return undefined;
    return { kind: 'written', positions: [positionAt(answer.ordinal, only.uuid)] };
  }

  /**
   * Finds out the outcome of an append.
   *
   * @throws OutcomeUnknown when it is still unknown after `lookupMs`; WrittenUnseen as {@link send} does.
   */
  async findOut(prepared: PreparedAppend, firstAnswer: Answer): Promise<Delivered> {
    const { closing, timeouts } = this.#context;
    const until = performance.now() + timeouts.lookupMs;
    let latest = firstAnswer;
    for (let attempt = 1; performance.now() < until && !closing.aborted; attempt++) {
      const positions = await this.#lookUp(prepared, until - performance.now());
      if (Array.isArray(positions)) return { kind: 'written', positions };
      if (positions === 'absent' && latest.kind !== 'written') {
        latest = await this.#repeat(prepared, until - performance.now());
        if (latest.kind === 'conflict') return latest;
        const settled = latest.kind === 'written' ? this.#outcomeOf(prepared, latest) : undefined;
        if (settled !== undefined) return settled;
      }
      await backOff(attempt, closing);
    }
    const { streamId } = prepared;
    if (latest.kind === 'written') throw new Fault('written-unseen', { streamId });
    throw new Fault('outcome-unknown', { streamId }, latest.kind === 'lost' ? latest.cause : undefined);
  }

  /** A refusal counts as lost here, because the server may still be processing the first attempt. */
  async #repeat(prepared: PreparedAppend, leftMs: number): Promise<Answer> {
    const ms = Math.max(1, Math.min(leftMs, this.#context.timeouts.appendMs));
    const answer = await this.#sender.send(prepared, ms);
    return answer.kind === 'refused' ? lost(answer.fault) : answer;
  }

  /**
   * The positions of the append's events; `absent` when they are not in the log; `unseen` when the log could not be
   * read.
   */
  async #lookUp(prepared: PreparedAppend, leftMs: number): Promise<Position[] | 'absent' | 'unseen'> {
    const { connection, timeouts, closing } = this.#context;
    const { streamName, expected, proposals } = prepared;
    const from = revisionAfter(expected === 'no-stream' ? undefined : expected);
    const range = { streamName, direction: 'forwards', from, limit: proposals.length } as const;
    const request = streamReadRequest(range);
    const withinMs = Math.max(1, Math.min(leftMs, timeouts.readMs));
    const found: LogRecord[] = [];
    try {
      const read = { request, pageSize: proposals.length, withinMs, signal: closing };
      for await (const messages of serverRead(connection, read)) found.push(...recordsOf(messages));
    } catch {
      // The caller looks again while there is time, whatever the error.
      return 'unseen';
    }
    const areInLog = proposals.every(({ uuid }, index) => found[index]?.uuid === uuid);
    if (areInLog) return found.map(({ position }) => position);
    return closing.aborted ? 'unseen' : 'absent';
  }
}
