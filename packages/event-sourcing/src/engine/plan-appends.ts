import type { Clock, Instant } from '../values/instant.js';
import { reducePage } from '../models/reduce-page.js';
import { type Position, ordinalOf, positionOf } from '../values/position.js';
import type { StreamId } from '../values/stream-id.js';
import { encodedRows, type EncodedRow, type LookedUpRow, type StoredForm } from './stored-row.js';
import type { OpenedModel } from './opened-model.js';
import {
  givenUp,
  isGivenUp,
  type CheckedAppend,
  type ModelPlan,
  type Outcome,
  type PlacedAppend,
  type Plan,
  type Planned,
  type Queued,
  receiptName,
  type Found,
  type ModelId,
  type StreamEnd,
} from './plan.js';
import { Fault } from '../values/fault.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { meetsExpectation, revisionAfter } from '../values/revision.js';

/** A read model whose rows contain all events. */
export interface CurrentModel {
  readonly opened: OpenedModel;
  readonly id: ModelId;
  /** The head; or `undefined` before the first event. */
  readonly checkpoint: Position | undefined;
  /** The stored row under a key; `undefined` if that key was not looked up. */
  readonly storedRow: (key: string) => LookedUpRow<unknown> | undefined;
}

/**
 * The state of the log and its read models that a plan is based on. It was looked up or comes from the engine's cache.
 */
export interface View extends Pick<Found, 'head' | 'unreadable'> {
  /** The end of each stream that has events. */
  readonly ends: Pick<ReadonlyMap<StreamId, StreamEnd | undefined>, 'get'>;
  /** The names of the receipts of commands that were already written ({@link receiptName}). */
  readonly receipts: Pick<ReadonlySet<string>, 'has'>;
  /** The inline read models, which the plan updates. */
  readonly models: readonly CurrentModel[];
}

/** What planning needs besides the appends and the view. */
export interface PlanOptions {
  /** Timestamps the events. */
  readonly clock: Clock;
  readonly form: StoredForm;
}

/**
 * Plans a group of appends in order: checks each one, assigns positions to its events, and has the projections reduce
 * them. A refused append, or one whose caller has given up, does not affect the others: the result is that of planning
 * them one at a time. Apart from the clock, the function is pure.
 */
export function planAppends(group: readonly Queued[], view: View, options: PlanOptions): Planned<readonly Outcome[]> {
  const builder = new PlanBuilder(view, options);
  const result: Outcome[] = [];
  for (const queued of group) result.push(isGivenUp(queued) ? givenUp(queued) : builder.add(queued.append));
  return { plan: builder.plan(), result };
}

/** A read model of the view, and its rows that the plan writes, by key. */
interface PlannedModel {
  readonly model: CurrentModel;
  readonly rows: Map<string, EncodedRow<unknown>>;
}

/** A plan under construction. */
class PlanBuilder {
  readonly #view: View;
  readonly #options: PlanOptions;
  /** The accepted appends. */
  readonly #appends: PlacedAppend[] = [];
  /** The new ends of the streams of accepted appends. */
  readonly #ends = new Map<StreamId, StreamEnd>();
  /** The names of the receipts of accepted appends. */
  readonly #receipts = new Set<string>();
  readonly #models: PlannedModel[] = [];
  #head: Position;

  constructor(view: View, options: PlanOptions) {
    this.#view = view;
    this.#options = options;
    this.#head = view.head;
    for (const model of view.models) this.#models.push({ model, rows: new Map() });
  }

  /** Plans one append. A refusal affects only this append. */
  add(append: CheckedAppend): Outcome {
    const { streamId, receipt, expectedElsewhere } = append;
    const view = this.#view;
    try {
      const last = this.#endOf(streamId);
      const lastElsewhere = expectedElsewhere && this.#endOf(expectedElsewhere.streamId);
      const name = receipt && receiptName({ streamId, key: receipt.key });
      const hasReceipt = name !== undefined && (this.#receipts.has(name) || view.receipts.has(name));
      const refused = refusalOf(append, { last, lastElsewhere, hasReceipt });
      if (refused !== undefined) return { refused };
      const recordedAt = notBefore(last?.recordedAt, append.recordedAt ?? this.#options.clock());
      const recorded = recordedEvents(append, { last, recordedAt, head: this.#head });
      this.#reduce(recorded);
      if (name !== undefined) this.#receipts.add(name);
      this.#accept(append, recorded, recorded.at(-1) ?? last);
      return { recorded };
    } catch (caught) {
      return { refused: caught };
    }
  }

  /** The end of a stream after the appends added so far. @throws why it could not be read. */
  #endOf(streamId: StreamId): StreamEnd | undefined {
    const { ends, unreadable } = this.#view;
    if (unreadable?.has(streamId) === true) throw unreadable.get(streamId);
    return this.#ends.get(streamId) ?? ends.get(streamId);
  }

  /** The plan of the appends added so far. */
  plan(): Plan {
    const { head: headBefore } = this.#view;
    const head = this.#head;
    const models: ModelPlan[] = [];
    if (head !== headBefore)
      for (const { model, rows } of this.#models)
        models.push({ id: model.id, rows: [...rows.values()], checkpoint: head, expected: model.checkpoint });
    return { headBefore, head, appends: this.#appends, models };
  }

  /**
   * Adds the changed rows of all read models to the plan. If one projection fails, no rows of this append are added.
   *
   * @throws ProjectionStopped when an event can't be reduced; another error when a row can't be encoded.
   */
  #reduce(recorded: readonly RecordedEvent[]): void {
    const changes: (readonly [PlannedModel, readonly EncodedRow<unknown>[]])[] = [];
    for (const planned of this.#models) changes.push([planned, this.#changedRows(planned, recorded)]);
    // Rows are added only after every projection has reduced the events.
    for (const [{ rows }, changed] of changes) for (const row of changed) rows.set(row.key, row);
  }

  #changedRows(
    { model: { opened, storedRow }, rows }: PlannedModel,
    recorded: readonly RecordedEvent[],
  ): readonly EncodedRow<unknown>[] {
    const { name, projection, isWanted } = opened;
    const [first] = recorded;
    // All events of an append are of one stream, and `isWanted` depends only on the stream.
    if (first === undefined || !isWanted(first)) return [];
    const reduced = reducePage(projection, recorded, (key) => {
      const known = rows.get(key) ?? storedRow(key);
      // Reducing would take it for a row that does not exist.
      if (known === undefined) throw new Error(`row ${JSON.stringify(key)} of ${name} was not looked up`);
      return known.row;
    });
    if (reduced.stopped !== undefined) throw reduced.stopped;
    return encodedRows(projection, reduced.rows, { stored: storedRow, form: this.#options.form });
  }

  #accept(append: CheckedAppend, recorded: readonly RecordedEvent[], end: StreamEnd | undefined): void {
    // Never undefined: `refusalOf` refuses an append without events to a stream without events.
    if (end === undefined) return;
    this.#appends.push({ append, recorded, end });
    this.#ends.set(append.streamId, end);
    this.#head = recorded.at(-1)?.position ?? this.#head;
  }
}

/** The look-up results that decide where an append is placed. */
interface StreamFound {
  /** The last event of the stream; `undefined` without events. */
  readonly last: Pick<RecordedEvent, 'id' | 'revision'> | undefined;
  /** The last event of the stream in `expectedElsewhere`; `undefined` without events. */
  readonly lastElsewhere: Pick<RecordedEvent, 'id'> | undefined;
  /** Whether there is a receipt under the append's key. */
  readonly hasReceipt: boolean;
}

/**
 * Why an append is refused there, by the rules of `EventStore.append` and in their order; `undefined` when it may be
 * written.
 */
function refusalOf(append: Append, { last, lastElsewhere, hasReceipt }: StreamFound): Error | undefined {
  const { streamId, events, receipt, expected, expectedElsewhere, expectedEventId } = append;
  if (receipt !== undefined && hasReceipt) return new Fault('receipt-exists', { streamId, key: receipt.key });
  const isAsExpected = expectedEventId === undefined || expectedEventId === last?.id;
  if (!isAsExpected || !meetsExpectation(expected, last?.revision))
    return new Fault('revision-conflict', { streamId, expected, actual: last?.revision });
  if (events.length === 0 && last === undefined)
    return new RangeError(`an append without events needs a stream with events, but ${streamId} has none`);
  if (expectedElsewhere === undefined || expectedElsewhere.eventId === lastElsewhere?.id) return undefined;
  const { streamId: elsewhere, eventId: wanted } = expectedElsewhere;
  return new Fault('other-stream-changed', { streamId: elsewhere, expected: wanted, actual: lastElsewhere?.id });
}

/** The place of an append's events. */
interface Placing {
  /** The last event of the stream before them; `undefined` in an empty stream. */
  readonly last: Pick<RecordedEvent, 'revision'> | undefined;
  /** The position of the last event of the log before them. */
  readonly head: Position;
  readonly recordedAt: Instant;
}

/**
 * The events of a checked append as every later read returns them, with their list frozen. A position combines the
 * event's number in the log with the last part of its id, so that a position from before a restore is not taken for one
 * of the restored log.
 */
function recordedEvents(append: Append, { last, head, recordedAt }: Placing): readonly RecordedEvent[] {
  const { streamId, events } = append;
  const count = events.length;
  const ordinalBefore = ordinalOf(head);
  let revision = last?.revision;
  const recorded: RecordedEvent[] = [];
  for (const [index, event] of events.entries()) {
    const { id, type, schemaVersion, data, metadata } = event;
    revision = revisionAfter(revision);
    const whole = {
      id,
      streamId,
      revision,
      position: positionOf(ordinalBefore + BigInt(index + 1), id),
      recordedAt,
      schemaVersion,
      type,
      data,
      metadata,
    };
    const place = { place: index + 1, count };
    recorded.push(Object.freeze(count === 1 ? whole : { ...whole, append: Object.freeze(place) }));
  }
  return Object.freeze(recorded);
}

/** The `recordedAt` of an append: the clock's time, or that of the stream's last event when the clock is behind it. */
function notBefore(last: Instant | undefined, now: Instant): Instant {
  return last === undefined || now >= last ? now : last;
}
