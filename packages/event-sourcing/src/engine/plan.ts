import { Fault } from '../values/fault.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../values/position.js';
import type { EventText } from './checked-append.js';
import type { EncodedRow } from './stored-row.js';
import type { ModelId, StreamEnd } from './view.js';

/** A checked append; with the JSON of its events, and its length, where a backend stores text. */
export interface CheckedAppend extends Append {
  readonly texts?: readonly EventText[];
  readonly size?: number;
}

/** The outcome of an append. */
export type Outcome = { readonly recorded: readonly RecordedEvent[] } | { readonly refused: unknown };

/** The outcome of each append of a group. */
export type Outcomes = readonly Outcome[];

/** An append on its way to be written. Its caller may give up by its signal until the write begins. */
export interface Queued {
  readonly append: CheckedAppend;
  /** Whether its write has begun: it is then completed, whatever its caller does. */
  isBegun: boolean;
}

/** Whether its caller has given up, so that it need not be written. */
export function isGivenUp({ append, isBegun }: Queued): boolean {
  return !isBegun && append.signal?.aborted === true;
}

/** The outcome when its caller has given up. */
export function givenUp({ append }: Queued): Outcome {
  return { refused: new Fault('deadline-exceeded', { doing: `appending to ${append.streamId}` }) };
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
  /** The new checkpoint: the rows contain all events up to here. For appends, the head after them. */
  readonly checkpoint: Position;
  /** The checkpoint at planning time. If it has changed, the plan is invalid. */
  readonly expected: Position | undefined;
}

/** The content of one transaction. */
export interface Plan {
  /** The head before the transaction. */
  readonly headBefore: Position;
  /** The head after the transaction. */
  readonly head: Position;
  readonly appends: readonly PlacedAppend[];
  /** With appends: the read models that were at the head before. */
  readonly models: readonly ModelPlan[];
  /** A shadow that is promoted to the live read model of its name. */
  readonly promoted?: { readonly name: string; readonly shadow: ModelId };
}

/** A plan, and the result to return once it is written. */
export interface Planned<Result> {
  readonly plan: Plan;
  readonly result: Result;
}

/** A plan that writes steps of read models and no events. */
export function plannedSteps(
  head: Position,
  steps: readonly ModelPlan[],
  promoted?: Plan['promoted'],
): Planned<undefined> {
  const plan = { headBefore: head, head, appends: [], models: steps };
  return { plan: promoted === undefined ? plan : { ...plan, promoted }, result: undefined };
}
