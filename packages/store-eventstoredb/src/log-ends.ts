import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { followedInAppend, ordinalOf, StoreUnavailable, type HeadProof } from '@login-policy/event-sourcing/store';
import { isFailureInside, STORE } from './faults.js';
import type { Leadership } from './leadership.js';
import { LogLooks, positionOf } from './log-looks.js';
import type { LogRecord } from './log-record.js';
import { PageMaker } from './page-maker.js';
import type { ReadingContext } from './server-reads.js';

/** How far the log went when one looked. */
interface Extent {
  /** The end of the last whole append of this store; `START` when it has none. */
  readonly last: Position;
  /** A record at or behind it, whosever it is: the next look begins there. */
  readonly mark: Position;
}

/** The end of the last whole append, and whether the beginning of another one lies behind it. */
interface Whole {
  readonly last: Position;
  readonly isFollowed: boolean;
}

/** So many events may have come since the last look for one question to find the end. */
const FEW = 100;
/** Each look fetches the record at the mark, so larger ones don't become it. */
const SMALL = 65_536;
const MARKED_ANEW_MS = 1000;

/**
 * Where the log ends, as the leader says: one notion for heads, probes, proofs and checkpoints. An append of which only
 * the beginning is there is not counted, until it counts as cut off.
 */
export class LogEnds {
  readonly #context: ReadingContext;
  readonly #looks: LogLooks;
  readonly #leadership: Leadership;
  /** What was found when one looked last: a look begins there if it is still so, also after a backup was put back. */
  #known: Extent | undefined;
  #markedAt = -Infinity;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#looks = new LogLooks(context);
    this.#leadership = context.leadership;
  }

  /** Takes note of the end of a whole append of this store. */
  note(event: Position | undefined): void {
    if (event !== undefined && (this.#known === undefined || event > this.#known.mark)) {
      this.#known = { last: event, mark: event };
    }
  }

  /**
   * Where the log ends, and whether an event is in it: one round trip while the node led just now and little was
   * written since the last look.
   *
   * @throws StoreUnavailable while the node does not lead.
   */
  async prove(checkpoint: Position, signal: AbortSignal): Promise<HeadProof> {
    // An answer that the node gives before it leads says nothing: only one that led just now is asked both at once.
    const isSame = await this.#leadership.demand(signal);
    const askedAt = performance.now();
    const [head, isInLog] = await Promise.all([
      this.#last(signal),
      this.isInLog(checkpoint, signal),
      this.#leadership.ask(signal),
    ]);
    if (!isSame())
      throw new StoreUnavailable({ store: STORE, problem: 'the connection broke while it was asked for its end' });
    // The next look begins where this one did, and takes longer, if it fails.
    this.#markInTime(this.#context.closing).catch(() => undefined);
    return { askedAt, head, checkpoint, isInLog };
  }

  /**
   * Whether a position stands for a record that is there. One that the server has scavenged since is still believed.
   */
  async isInLog(position: Position, signal: AbortSignal): Promise<boolean> {
    if (position === START) return true;
    const found = await this.#looks.recordAt(position, signal);
    return found === 'scavenged' || (found !== 'nowhere' && found.position === position);
  }

  /** A record that all there was when it was called lies before; not later than the last one. */
  async #mark(signal: AbortSignal): Promise<Position> {
    const last = await this.#looks.last(signal);
    return last !== undefined && last.size <= SMALL ? last.position : START;
  }

  /**
   * Brings the place where the next look begins nearer to the end of the log when others write, if that was not done
   * just now.
   */
  async #markInTime(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#markedAt < MARKED_ANEW_MS) return;
    this.#markedAt = performance.now();
    const known = this.#known;
    if (known === undefined) return;
    const mark = await this.#mark(signal);
    const came = mark > known.mark ? await this.#since(known, signal) : undefined;
    // Not when an event was noted meanwhile, or an append is half.
    if (came?.last === known.last && !came.isFollowed && this.#known === known) this.#known = { ...known, mark };
  }

  async #last(signal: AbortSignal): Promise<Position> {
    const known = this.#known;
    const since = known === undefined ? undefined : await this.#since(known, signal);
    if (since !== undefined) return since.last;
    const mark = await this.#mark(signal);
    const { last: found, isFollowed } = await this.#lastWhole(signal);
    // The mark was asked for first, so nothing of this store lies between the two.
    const marked = { last: found, mark: isFollowed ? found : laterPosition(found, mark) };
    if (this.#known === known && !signal.aborted) this.#known = marked;
    return found;
  }

  /** The end of the last whole append, if the log is still the one that was known, and little came since. */
  async #since(known: Extent, signal: AbortSignal): Promise<Whole | undefined> {
    const isOwn = known.mark === known.last;
    const [same, came] = await Promise.all([
      isOwn ? undefined : this.#looks.at(known.mark, signal),
      this.#looks.own(known.mark, FEW, signal),
    ]).catch((error: unknown) => {
      if (isFailureInside(error)) return [undefined, undefined];
      throw error;
    });
    const atMark = isOwn ? came?.[0] : same;
    const isSame = known.mark === START || atMark?.position === known.mark;
    if (came === undefined || !isSame || came.length >= FEW) return undefined;
    const maker = this.#made(came, known.mark);
    const last = laterPosition(known.last, maker.lastWhole === known.mark ? START : maker.lastWhole);
    if (!maker.isInside) this.note(last > known.mark ? last : undefined);
    return { last, isFollowed: maker.isInside };
  }

  #made(records: readonly LogRecord[], after: Position): PageMaker {
    const maker = new PageMaker(this.#context, undefined, after);
    maker.take(records);
    maker.settle();
    return maker;
  }

  async #lastWhole(signal: AbortSignal): Promise<Whole> {
    const [last] = await this.#looks.lastOwn(1, signal);
    if (last === undefined) return { last: START, isFollowed: false };
    const { append } = this.#stored(last);
    if (append === undefined || followedInAppend(this.#stored(last)) === 0)
      return { last: last.position, isFollowed: false };
    // An append that is not all there: its events, and the one before them.
    const run = await this.#looks.lastOwn(append.place + 1, signal);
    const before = run.findIndex((record) => this.#stored(record).append?.place === 1) + 1;
    const first = before === 0 ? undefined : run[before - 1];
    const isCutOff = first === undefined || this.#context.halves.isCutOff(first.position);
    return isCutOff ? { last: last.position, isFollowed: false } : { last: positionOf(run[before]), isFollowed: true };
  }

  #stored(record: LogRecord): ReturnType<LogRecord['stored']>['event'] {
    return record.stored(this.#context.names.idOf(record.streamName)).event;
  }

  /** The record at a place; `undefined` when there is none. */
  async at(place: Position, signal: AbortSignal): Promise<LogRecord | undefined> {
    const found = await this.#looks.recordAt(place, signal);
    return typeof found === 'string' || ordinalOf(found.position) !== ordinalOf(place) ? undefined : found;
  }

  /** The first event of this store. */
  async first(signal: AbortSignal): Promise<LogRecord | undefined> {
    return (await this.#looks.own(START, 1, signal))[0];
  }
}
