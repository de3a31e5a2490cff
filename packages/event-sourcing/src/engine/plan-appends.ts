import type { Clock } from '../clock.js';
import { reducePage } from '../projections/reduce-page.js';
import { notBefore } from '../streams/recording.js';
import type { RecordedEvent } from '../streams/event.js';
import { ordinalOf, positionOf, type Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import type { Outcome } from '../store/append-queue.js';
import { recordedEvents, refusalOf } from '../store/placing.js';
import { encodedRows, type EncodedRow, type KnownRow } from '../store/stored-row.js';
import type { OpenedModel } from './opened-model.js';
import type { CheckedAppend, ModelPlan, PlacedAppend, Plan, Planned } from './plan.js';
import { receiptName, type ModelId, type StreamEnd } from './view.js';

/** How a backend stores rows: JSON text with their index entries, or the values themselves. */
export type StoredForm = 'text' | 'value';

/** A read model that is at the head, or that the plan brings to the head. */
export interface CurrentModel {
  readonly opened: OpenedModel;
  readonly id: ModelId;
  /** The stored row under a key, if it was looked up. */
  readonly known: (key: string) => KnownRow<unknown> | undefined;
  /** The rows that bring the read model to the head; `undefined` when it is there already. */
  readonly catchUpRows: readonly EncodedRow<unknown>[] | undefined;
}

/** The state of the log and the read models for which a group of appends is planned. */
export interface View {
  readonly head: Position;
  /** See `Found.inlineAtHead`. */
  readonly inlineAtHead: readonly ModelId[];
  /** The end of a stream; `undefined` for a stream without events. */
  readonly end: (streamId: StreamId) => StreamEnd | undefined;
  /** Why the end or the receipts of a stream could not be read. */
  readonly unreadable: ReadonlyMap<StreamId, unknown>;
  /** Whether there is a receipt with this name. */
  readonly hasReceipt: (receipt: string) => boolean;
  readonly models: readonly CurrentModel[];
}

/** The other inputs of planning. */
export interface Planning {
  readonly clock: Clock;
  readonly form: StoredForm;
}

/**
 * Plans a group of appends in order. Each is checked, gets its positions, and is reduced by the projections. A refused
 * append does not affect the others. Apart from the clock, the function is pure. The result is the same as if the
 * appends were planned one at a time.
 */
export function planAppends(
  group: readonly CheckedAppend[],
  view: View,
  planning: Planning,
): Planned<readonly Outcome[]> {
  const builder = new PlanBuilder(view, planning);
  const result = group.map((append) => builder.add(append));
  return { plan: builder.plan(), result };
}

/** A plan under construction. */
class PlanBuilder {
  readonly #view: View;
  readonly #planning: Planning;
  readonly #appends: PlacedAppend[] = [];
  #ends: Map<StreamId, StreamEnd> | undefined;
  #receipts: Set<string> | undefined;
  /** The changed rows, by read model and key. */
  readonly #rows: readonly Map<string, EncodedRow<unknown>>[];
  #head: Position;

  constructor(view: View, planning: Planning) {
    this.#view = view;
    this.#planning = planning;
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
    const recorded = this.#place(append, last);
    this.#reduce(recorded);
    const end = recorded.at(-1) ?? last;
    // Never undefined: `refusalOf` refuses an append without events to a stream without events.
    if (end !== undefined) this.#accept({ append, recorded, end }, name);
    return { recorded };
  }

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
        ...(hasAccepted ? models.flatMap((model, index) => this.#planOf(model, index)) : []),
        ...(hasEvents ? this.#noLongerInline() : []),
      ],
    };
  }

  #place(append: CheckedAppend, last: StreamEnd | undefined): readonly RecordedEvent[] {
    return recordedEvents(append, {
      after: last?.revision,
      recordedAt: notBefore(last?.recordedAt, append.recordedAt ?? this.#planning.clock()),
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
    { opened, known }: CurrentModel,
    index: number,
    recorded: readonly RecordedEvent[],
  ): readonly EncodedRow<unknown>[] {
    const { projection, isWanted } = opened;
    const changed = this.#rows[index];
    const [first] = recorded;
    // All events of an append are of one stream.
    if (first === undefined || !isWanted(first)) return [];
    const reduced = reducePage(projection, recorded, (key) => {
      const planned = changed?.get(key);
      return (planned ?? requireLookedUp(opened, key, known(key))).row;
    });
    if (reduced.stopped !== undefined) throw reduced.stopped;
    return encodedRows(projection, reduced.rows, { before: known, form: this.#planning.form });
  }

  #accept(placed: PlacedAppend, receipt: string | undefined): void {
    const { append, end, recorded } = placed;
    this.#appends.push(placed);
    if (receipt !== undefined) (this.#receipts ??= new Set()).add(receipt);
    (this.#ends ??= new Map()).set(append.streamId, end);
    this.#head = recorded.at(-1)?.position ?? this.#head;
  }

  #planOf({ id, catchUpRows }: CurrentModel, index: number): readonly ModelPlan[] {
    const rows = Array.from(this.#rows[index]?.values() ?? []);
    // The event at `view.head` does not list this read model as inline, so its checkpoint there must be stored. The new
    // events list it and imply the later checkpoint.
    if (catchUpRows !== undefined) return [{ id, rows, checkpoint: this.#view.head }];
    return rows.length === 0 ? [] : [{ id, rows }];
  }

  /**
   * The read models that the head event lists as inline, but the new events do not. This plan stores their checkpoint,
   * because the last event will no longer imply it.
   */
  #noLongerInline(): readonly ModelPlan[] {
    const { inlineAtHead, models, head } = this.#view;
    if (inlineAtHead.length === 0) return [];
    const inline = new Set(models.map(({ id }) => id));
    return inlineAtHead.filter((id) => !inline.has(id)).map((id) => ({ id, rows: [], checkpoint: head }));
  }
}

/** Throws if a row was not looked up, because it would be treated as missing. */
function requireLookedUp(
  { name }: OpenedModel,
  key: string,
  known: { readonly row: unknown } | undefined,
): { readonly row: unknown } {
  if (known === undefined) throw new Error(`row ${JSON.stringify(key)} of ${name} was not looked up`);
  return known;
}
