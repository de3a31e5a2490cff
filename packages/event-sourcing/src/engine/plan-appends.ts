import type { Clock } from '../clock.js';
import { reducePage } from '../projections/reduce-page.js';
import { notBefore } from '../streams/recording.js';
import type { RecordedEvent } from '../streams/event.js';
import { ordinalOf, positionOf, type Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import type { Outcome, Queued } from '../store/append-queue.js';
import { recordedEvents, refusalOf } from '../store/placing.js';
import { encodedRows, type EncodedRow, type LookedUpRow } from '../store/stored-row.js';
import type { OpenedModel } from './opened-model.js';
import type { CheckedAppend, ModelPlan, PlacedAppend, Plan, Planned } from './plan.js';
import { receiptName, type ModelId, type StreamEnd } from './view.js';

/** How a backend stores rows: as JSON text beside their index entries, or as JavaScript values. */
export type StoredForm = 'text' | 'value';

/** A read model whose rows contain all events, or will after the plan has written `catchUpRows`. */
export interface CurrentModel {
  readonly opened: OpenedModel;
  readonly id: ModelId;
  /** The stored row under a key; `undefined` if that key was not looked up. */
  readonly storedRow: (key: string) => LookedUpRow<unknown> | undefined;
  /** The rows that bring the read model to the head; `undefined` when it is already there. */
  readonly catchUpRows: readonly EncodedRow<unknown>[] | undefined;
}

/**
 * The state of the log and its read models that a plan is based on. It was looked up or comes from the engine's cache.
 */
export interface View {
  /** The position of the last event. */
  readonly head: Position;
  /**
   * The read models that the last event lists as inline: its transaction also updated their rows, so their checkpoint
   * is the head.
   */
  readonly inlineAtHead: readonly ModelId[];
  /** The end of a stream; `undefined` for a stream without events. */
  readonly end: (streamId: StreamId) => StreamEnd | undefined;
  /** The streams whose end or receipts could not be read, each with the error. Their appends are refused. */
  readonly unreadable: ReadonlyMap<StreamId, unknown>;
  /** Whether a command with this idempotency key was already written: whether there is a receipt with this name. */
  readonly hasReceipt: (receipt: string) => boolean;
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
 * them. A refused append, or one whose caller has given up, does not affect the others. The result is the same as if the appends were planned one at a
 * time. Apart from the clock, the function is pure.
 */
export function planAppends(group: readonly Queued[], view: View, options: PlanOptions): Planned<readonly Outcome[]> {
  const builder = new PlanBuilder(view, options);
  const result = group.map((queued) => (queued.isGivenUp ? queued.givenUp() : builder.add(queued.append)));
  return { plan: builder.plan(), result };
}

/** A plan under construction. */
class PlanBuilder {
  readonly #view: View;
  readonly #options: PlanOptions;
  /** The accepted appends. */
  readonly #appends: PlacedAppend[] = [];
  /** The new ends of the streams of accepted appends. This and the next are created on first use, to save memory. */
  #ends: Map<StreamId, StreamEnd> | undefined;
  /** The names of the receipts of accepted appends. */
  #receipts: Set<string> | undefined;
  /** The changed rows by key, for each read model in the order of `view.models`. */
  readonly #rows: readonly Map<string, EncodedRow<unknown>>[];
  #head: Position;

  constructor(view: View, options: PlanOptions) {
    this.#view = view;
    this.#options = options;
    this.#head = view.head;
    this.#rows = view.models.map(({ catchUpRows = [] }) => new Map(catchUpRows.map((row) => [row.key, row])));
  }

  /** Plans one append. A refusal affects only this append. */
  add(append: CheckedAppend): Outcome {
    try {
      return this.#tryToAdd(append);
    } catch (caught) {
      return { refused: caught };
    }
  }

  #tryToAdd(append: CheckedAppend): Outcome {
    const { streamId, receipt } = append;
    if (this.#view.unreadable.has(streamId)) throw this.#view.unreadable.get(streamId);
    const last = this.#ends?.get(streamId) ?? this.#view.end(streamId);
    const name = receipt === undefined ? undefined : receiptName({ streamId, key: receipt.key });
    const hasReceipt = name !== undefined && (this.#receipts?.has(name) === true || this.#view.hasReceipt(name));
    const refused = refusalOf(append, { last, hasReceipt });
    if (refused !== undefined) return { refused };
    const recorded = this.#assignPositions(append, last);
    this.#reduce(recorded);
    const end = recorded.at(-1) ?? last;
    // Never undefined: `refusalOf` refuses an append without events to a stream without events.
    if (end !== undefined) this.#accept({ append, recorded, end }, name);
    return { recorded };
  }

  /** The plan of the appends added so far. */
  plan(): Plan {
    const { head: headBefore, models } = this.#view;
    const hasEvents = this.#head !== headBefore;
    const hasAccepted = this.#appends.length > 0;
    return {
      headBefore,
      head: this.#head,
      appends: this.#appends,
      inline: models.map(({ id }) => id),
      models: [
        ...(hasAccepted ? models.flatMap((model, index) => this.#modelPlans(model, index)) : []),
        ...(hasEvents ? this.#checkpointsNoLongerImplied() : []),
      ],
    };
  }

  /** The events as they will be recorded after `last`, the last event of their stream. */
  #assignPositions(append: CheckedAppend, last: StreamEnd | undefined): readonly RecordedEvent[] {
    return recordedEvents(append, {
      after: last?.revision,
      recordedAt: notBefore(last?.recordedAt, append.recordedAt ?? this.#options.clock()),
      // A position combines the event's number in the log with the last part of its id, so that a position from before
      // a restore is not taken for one of the restored log.
      position: (index, { id }) => positionOf(ordinalOf(this.#head) + BigInt(index + 1), id),
    });
  }

  /**
   * Adds the changed rows of all read models to the plan. If one projection fails, no rows of this append are added.
   *
   * @throws ProjectionStopped when an event can't be reduced; another error when a row can't be encoded.
   */
  #reduce(recorded: readonly RecordedEvent[]): void {
    const changes = this.#view.models.map((model, index) => this.#changedRows(model, index, recorded));
    // Rows are added only after every projection has reduced the events.
    for (let index = 0; index < changes.length; index++) {
      for (const row of changes[index] ?? []) this.#rows[index]?.set(row.key, row);
    }
  }

  #changedRows(
    { opened, storedRow }: CurrentModel,
    index: number,
    recorded: readonly RecordedEvent[],
  ): readonly EncodedRow<unknown>[] {
    const { projection, isWanted } = opened;
    const changed = this.#rows[index];
    const [first] = recorded;
    // All events of an append are of one stream, and `isWanted` depends only on the stream.
    if (first === undefined || !isWanted(first)) return [];
    const reduced = reducePage(projection, recorded, (key) => {
      const planned = changed?.get(key);
      return (planned ?? requireLookedUp(opened, key, storedRow(key))).row;
    });
    if (reduced.stopped !== undefined) throw reduced.stopped;
    return encodedRows(projection, reduced.rows, { stored: storedRow, form: this.#options.form });
  }

  #accept(placed: PlacedAppend, receipt: string | undefined): void {
    const { append, end, recorded } = placed;
    this.#appends.push(placed);
    if (receipt !== undefined) (this.#receipts ??= new Set()).add(receipt);
    (this.#ends ??= new Map()).set(append.streamId, end);
    this.#head = recorded.at(-1)?.position ?? this.#head;
  }

  /** The rows of a read model to write; empty when there are none. */
  #modelPlans({ id, catchUpRows }: CurrentModel, index: number): readonly ModelPlan[] {
    const rows = Array.from(this.#rows[index]?.values() ?? []);
    // New events imply a later checkpoint, because they list the read model as inline. Only a plan without events,
    // which writes receipts alone, needs this one.
    if (catchUpRows !== undefined) return [{ id, rows, checkpoint: this.#view.head }];
    return rows.length === 0 ? [] : [{ id, rows }];
  }

  /**
   * Stores the checkpoints of the read models that were inline up to `view.head`, but are not in this plan: the event
   * there implied their checkpoint, and the new events do not.
   */
  #checkpointsNoLongerImplied(): readonly ModelPlan[] {
    const { inlineAtHead, models, head } = this.#view;
    if (inlineAtHead.length === 0) return [];
    const inline = new Set(models.map(({ id }) => id));
    return inlineAtHead.filter((id) => !inline.has(id)).map((id) => ({ id, rows: [], checkpoint: head }));
  }
}

/** Throws if a row was not looked up: reducing would take it for a row that does not exist. */
function requireLookedUp(
  { name }: OpenedModel,
  key: string,
  lookedUp: { readonly row: unknown } | undefined,
): { readonly row: unknown } {
  if (lookedUp === undefined) throw new Error(`row ${JSON.stringify(key)} of ${name} was not looked up`);
  return lookedUp;
}
