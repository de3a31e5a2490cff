import { Fault } from '../values/fault.js';
import type { Append, StreamReceipt } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { EventText } from './checked-append.js';
import type { EncodedRow } from './stored-row.js';
import type { EventId } from '../values/ids.js';
import type { Instant } from '../values/instant.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { Position } from '../values/position.js';
import type { Revision } from '../values/revision.js';
import type { StreamId } from '../values/stream-id.js';
import type { ReadAhead } from '../store/read-through.js';

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

/** A backend's id for the rows of one read model. The shadow of a rebuild has its own. */
export type ModelId = string;

/** The last event of a stream. */
export interface StreamEnd {
  readonly id: EventId;
  readonly revision: Revision;
  readonly recordedAt: Instant;
}

/** Which read model: the live one of a name, or a shadow of its rebuild. */
export interface ModelTarget {
  readonly name: string;
  readonly shadow?: ModelId;
}

/** The look-up in one read model. */
export interface ModelQuestion {
  readonly target: ModelTarget;
  /** The rows to look up. */
  readonly keys: Iterable<string>;
  /** Also the next events after the checkpoint, with the rows that they change. Asked for by catching up. */
  readonly unprocessed?: UnprocessedQuestion;
}

/** Which events after a read model's checkpoint to look up. */
export interface UnprocessedQuestion {
  readonly filter: EventFilter;
  /** About how many events: a page ends with a whole append. */
  readonly atMost: number;
  /** The key of the row that a stream's events change. */
  readonly keyOf: (streamId: StreamId) => string;
}

/** What to look up in a backend, in one snapshot. */
export interface Question {
  readonly streams: Iterable<StreamId>;
  readonly receipts: readonly ReceiptKey[];
  /**
   * Positions at which the log must have an event; it always has one at `START`. A log without rows finds the head only
   * when this is present.
   */
  readonly events?: readonly Position[] | undefined;
  readonly models: readonly ModelQuestion[];
}

/** The idempotency key of a command on one stream. */
export interface ReceiptKey {
  readonly streamId: StreamId;
  readonly key: string;
}

/** The result of a {@link Question}, in one snapshot. */
export interface Found {
  /** The token of this view: a backend can check it later without another look-up. */
  readonly token: unknown;
  /** The end of the last whole append; `START` for an empty log. */
  readonly head: Position;
  /** The end of each requested stream that has events. */
  readonly ends: ReadonlyMap<StreamId, StreamEnd>;
  /** Why the end or a receipt of a stream could not be read, if any. This refuses only that stream's appends. */
  readonly unreadable?: ReadonlyMap<StreamId, unknown> | undefined;
  /** The requested receipts that exist. */
  readonly receipts: readonly StreamReceipt[];
  /** The first requested event that is not in the log. */
  readonly missing?: Position | undefined;
  /** The requested read models that exist. */
  readonly models: readonly FoundModel[];
}

/** A read model as found in a backend. */
export interface FoundModel {
  readonly target: ModelTarget;
  readonly id: ModelId;
  /** The rows contain all events up to here; `undefined` before the first step. */
  readonly checkpoint: Position | undefined;
  /** The stored row under each requested key, and each that `unprocessed` changes; `undefined` when there is none. */
  readonly rows: ReadonlyMap<string, unknown>;
  /** The requested events after the checkpoint. */
  readonly unprocessed?: Pick<ReadAhead, 'events' | 'scannedUpTo'>;
}

/** Identifies a receipt. It includes the length of the first name, because both may contain any character. */
export function receiptName({ streamId, key }: ReceiptKey): string {
  return `${streamId.length} ${streamId}${key}`;
}

/** The read model in a look-up's result, if it exists. */
export function modelIn({ models }: Found, { name, shadow }: ModelTarget): FoundModel | undefined {
  for (const model of models) if (model.target.name === name && model.target.shadow === shadow) return model;
  return undefined;
}

/** A look-up of the head only. */
export const NO_QUESTION: Question = { streams: [], receipts: [], models: [] };
