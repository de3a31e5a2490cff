import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import type { EventText } from '../store/checked-append.js';
import type { EncodedRow } from '../store/stored-row.js';
import type { ModelId, StreamEnd } from './view.js';

/** A checked append; with the JSON of its events where a backend stores text. */
export interface CheckedAppend extends Append {
  readonly texts?: readonly EventText[];
}

/** An append with its place in the log. */
export interface PlacedAppend {
  readonly append: CheckedAppend;
  readonly recorded: readonly RecordedEvent[];
  /** The end of the stream after the append. */
  readonly end: StreamEnd;
}

/** The part of a plan about one read model. */
export interface ModelPlan {
  readonly id: ModelId;
  readonly rows: readonly EncodedRow<unknown>[];
  /** The new checkpoint; absent when the plan's events imply it. */
  readonly checkpoint?: Position;
  /** The checkpoint at planning time. If it has changed, the plan is invalid. */
  readonly expected?: { readonly checkpoint: Position | undefined };
}

/** The content of one transaction. */
export interface Plan {
  /** The head before the transaction. */
  readonly headBefore: Position;
  /** The head after the transaction. */
  readonly head: Position;
  readonly appends: readonly PlacedAppend[];
  /** The read models that these events list as inline. The next look-up returns them as `Found.inlineAtHead`. */
  readonly inline: readonly ModelId[];
  readonly models: readonly ModelPlan[];
  /** A shadow that is promoted to the live read model of its name. */
  readonly promoted?: { readonly name: string; readonly shadow: ModelId };
}

/** A plan, and the result to return once it is written. */
export interface Planned<Result> {
  readonly plan: Plan;
  readonly result: Result;
}
