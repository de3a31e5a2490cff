import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  laterPosition,
  pageSizeOf,
  START,
  type Position,
  type ReadAllOptions,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing';
import { wantedAmong } from './reading-all.js';
import { joinPosition, type WireEvent } from './rows.js';
import { lastPosition } from './server-reads.js';
import type { StreamNames, Wanted } from './stream-names.js';

/**
 * How far a subscription is, over all the calls it takes: what has come, what of it was handed out, what was said. Nothing
 * is handed out twice, and nothing is passed over on the server's word alone.
 */
export class Course {
  readonly #names: StreamNames;
  readonly #isWanted: Wanted;
  readonly #pageSize: number;
  /** What came and was not handed out yet: pages are filled while there is history to fill them with. */
  #gathered: WireEvent[] = [];
  #reached: Position;
  /** As far as the server says it has looked; where the next call begins, never what this one skips. */
  #looked: Position;
  #announced: Position | undefined;

  constructor(names: StreamNames, options: ReadAllOptions) {
    this.#names = names;
    this.#isWanted = names.wanted(options.filter);
    this.#pageSize = pageSizeOf(options);
    this.#reached = options.after ?? START;
    this.#looked = this.#reached;
  }

  /** All that is wanted up to here has been handed out. */
  get reached(): Position {
    return this.#reached;
  }

  /** How many more records make a page. */
  get room(): number {
    return this.#pageSize - this.#gathered.length;
  }

  /** What is wanted from here on. */
  get wish(): { readonly names: StreamNames; readonly isWanted: Wanted; readonly after: Position } {
    return { names: this.#names, isWanted: this.#isWanted, after: this.#reached };
  }

  /** Forgets how far the server said it had looked. */
  distrust(): void {
    this.#looked = this.#reached;
  }

  /** Forgets what came and was not handed out: it comes again. Answers with the place after which the next call begins. */
  resume(): Position {
    this.#gathered = [];
    return laterPosition(this.#reached, this.#looked);
  }

  /** Takes note that all up to a place was handed out by other means. */
  reach(place: Position): void {
    this.#reached = laterPosition(this.#reached, place);
  }

  /** Takes what came; it is handed out with its page. */
  gather(record: WireEvent): void {
    this.#gathered.push(record);
  }

  /** The page that has been gathered, if any of it is wanted. */
  handOut(): SubscriptionMessage | undefined {
    const records = this.#gathered;
    this.#gathered = [];
    const page = wantedAmong(records, this.wish);
    this.#reached = laterPosition(this.#reached, lastPosition(records) ?? this.#reached);
    if (page.length === 0) return undefined;
    return { kind: 'events', events: page.map(({ event }) => event), position: this.#reached };
  }

  /** That all up to a place has been handed out, if that is news. */
  announce(place: Position): SubscriptionMessage | undefined {
    if (this.#announced !== undefined && place <= this.#announced) return undefined;
    this.#announced = place;
    this.#reached = laterPosition(this.#reached, place);
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
