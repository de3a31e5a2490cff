import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import type { EventText } from '../store/checked-append.js';
import type { EncodedRow } from '../store/stored-row.js';
import type { ModelId, Question, StreamEnd } from './view.js';

/** An append that was checked; with the JSON of its events where a backend keeps text. */
export interface CheckedAppend extends Append {
  readonly texts?: readonly EventText[];
}

/** An append in its place. */
export interface PlacedAppend {
  readonly append: CheckedAppend;
  readonly recorded: readonly RecordedEvent[];
  /** The last event of the stream once it is written. */
  readonly end: StreamEnd;
}

/** What a plan writes of one read model. */
export interface ModelPlan {
  readonly id: ModelId;
  readonly rows: readonly EncodedRow<unknown>[];
  /** Where the read model says it is; absent where the events of the plan say so. */
  readonly checkpoint?: Position;
  /** Where it was when this was planned. Elsewhere by now, the plan holds no longer. */
  readonly expected?: { readonly checkpoint: Position | undefined };
}

/** What is written in one transaction: all of it or nothing. */
export interface Plan {
  /** The last event before it. */
  readonly headBefore: Position;
  /** The last event once it is written. */
  readonly head: Position;
  readonly appends: readonly PlacedAppend[];
  /** The read models whose rows are at the head once this is written: each event names them. */
  readonly kept: readonly ModelId[];
  readonly models: readonly ModelPlan[];
  /** A shadow that becomes the live read model of its name. */
  readonly promoted?: { readonly name: string; readonly shadow: ModelId };
}

/** A plan, and what is answered once it is written. */
export interface Planned<Result> {
  readonly plan: Plan;
  readonly result: Result;
}

/** What a plan needs to know before it can be made. */
export interface MoreToLookUp {
  readonly question: Question;
}
