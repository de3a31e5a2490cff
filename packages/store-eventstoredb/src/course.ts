import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  laterPosition,
  pageSizeOf,
  START,
  type Position,
  type ReadAllOptions,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing';
import { PageMaker } from './page-maker.js';
import { joinPosition, type WireEvent } from './rows.js';
import type { StreamNames } from './stream-names.js';

/**
 * How far a subscription is, over all the calls it takes: what has come, what of it was handed out, what was said. Nothing
 * is handed out twice, and nothing is passed over on the server's word alone.
 */
export class Course {
  readonly #pageSize: number;
  /** Pages are filled while there is history to fill them with. */
  readonly #maker: PageMaker;
  /** As far as the server says it has looked; where the next call begins, never what this one skips. */
  #looked: Position;
  #announced: Position | undefined;

  constructor(names: StreamNames, options: ReadAllOptions) {
    this.#pageSize = pageSizeOf(options);
    this.#maker = new PageMaker(names, options.filter, options.after ?? START);
    this.#looked = this.reached;
  }

  /** All that is wanted up to here has been handed out. */
  get reached(): Position {
    return this.#maker.handedOut;
  }

  /** How many more records make a page. */
  get room(): number {
    return Math.max(1, this.#pageSize - this.#maker.whole);
  }

  /** Whether the beginning of an append has come, and not yet its end. */
  get isInside(): boolean {
    return this.#maker.isInside;
  }

  /** Forgets how far the server said it had looked. */
  distrust(): void {
    this.#looked = this.reached;
  }

  /** Forgets what came and was not handed out: it comes again. Answers with the place after which the next call begins. */
  resume(): Position {
    this.#maker.forget();
    return laterPosition(this.reached, this.#looked);
  }

  /** Takes note that all up to a place was handed out by other means. */
  reach(place: Position): void {
    this.#maker.reach(place);
  }

  /** Takes what came; it is handed out with its page. */
  gather(record: WireEvent): void {
    this.#maker.take([record]);
  }

  /** The pages that have been gathered: all of them, or only those that are full. */
  *handOut(which: 'all' | 'full'): Generator<SubscriptionMessage, void, undefined> {
    const least = which === 'all' ? 1 : this.#pageSize;
    while (this.#maker.whole >= least) {
      const page = this.#maker.handOut(this.#pageSize);
      yield { kind: 'events', events: page.map(({ event }) => event), position: this.reached };
    }
  }

  /** That all up to a place has been handed out, if that is news. */
  announce(place: Position): SubscriptionMessage | undefined {
    if (this.#announced !== undefined && place <= this.#announced) return undefined;
    this.#announced = place;
    this.#maker.reach(place);
    return { kind: 'caught-up', position: place };
  }

  /**
   * A checkpoint is only used when it lies at or before a record that was there before the call began, and after all that
   * came before it was handed out: some servers send one at a place where the next event will stand, or at 2^64-1.
   */
  note(checkpoint: ReadResp.Checkpoint | undefined, horizon: Position): void {
    if (checkpoint === undefined) return;
    const place = joinPosition(BigInt(checkpoint.getCommitPosition()), BigInt(checkpoint.getPreparePosition()));
    if (place <= horizon) this.#looked = laterPosition(this.#looked, place);
  }
}
