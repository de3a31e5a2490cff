import type { Clock } from '../clock.js';
import { reducePage } from '../projections/reduce-page.js';
import { notBefore } from '../streams/recording.js';
import type { RecordedEvent } from '../streams/event.js';
import { placeIn, positionOf, type Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import type { Outcome } from '../store/append-queue.js';
import { recordedEvents, refusalOf } from '../store/placing.js';
import { encodedRows, type EncodedRow, type KnownRow } from '../store/stored-row.js';
import type { OpenedModel } from './opened-model.js';
import type { CheckedAppend, ModelPlan, PlacedAppend, Plan, Planned } from './plan.js';
import { receiptName, type ModelId, type StreamEnd } from './view.js';

/** The form in which a backend keeps rows: JSON text with the entries of their indexes, or the values themselves. */
export type StoredForm = 'text' | 'value';

/** A read model whose rows are at the head, or are brought there by the plan. */
export interface CurrentModel {
  readonly opened: OpenedModel;
  readonly id: ModelId;
  /** The stored row under a key, if it was looked up. */
  readonly known: (key: string) => KnownRow<unknown> | undefined;
  /** The rows that bring a lagging read model to the head; none of one that is there. */
  readonly brought: readonly EncodedRow<unknown>[] | undefined;
}

/** All that a group of appends is planned on, of one moment. */
export interface View {
  readonly head: Position;
  readonly keptByHead: readonly ModelId[];
  /** Where a stream ends; `undefined` of one without events. */
  readonly end: (streamId: StreamId) => StreamEnd | undefined;
  /** Why what a stream's appends are checked by could not be read. */
  readonly unreadable: ReadonlyMap<StreamId, unknown>;
  /** Whether there is a receipt of this name. */
  readonly hasReceipt: (receipt: string) => boolean;
  readonly models: readonly CurrentModel[];
}

/** What a plan is made with beside the view. */
export interface Planning {
  readonly clock: Clock;
  readonly form: StoredForm;
}

/**
 * What a group of appends comes to where nobody else writes: each is checked, placed and reduced after those before it, and one that is
 * refused leaves no trace in the others. Pure but for the clock: the same group on the same view gives the same plan, and what the
 * appends give one by one.
 */
export function planAppends(
  group: readonly CheckedAppend[],
  view: View,
  planning: Planning,
): Planned<readonly Outcome[]> {
  const draft = new Draft(view, planning);
  const result = group.map((append) => draft.take(append));
  return { plan: draft.plan(), result };
}

/** A plan while it is made. */
class Draft {
  readonly #view: View;
  readonly #planning: Planning;
  readonly #appends: PlacedAppend[] = [];
  #ends: Map<StreamId, StreamEnd> | undefined;
  #receipts: Set<string> | undefined;
  /** The rows that change, by read model and key. */
  readonly #rows: readonly Map<string, EncodedRow<unknown>>[];
  #head: Position;

  constructor(view: View, planning: Planning) {
    this.#view = view;
    this.#planning = planning;
    this.#head = view.head;
    this.#rows = view.models.map(({ brought = [] }) => new Map(brought.map((row) => [row.key, row])));
  }

  /** A refusal is this append's alone. */
  take(append: CheckedAppend): Outcome {
    try {
      return this.#take(append);
    } catch (caught) {
      return { refused: caught };
    }
  }

  #take(append: CheckedAppend): Outcome {
    const { streamId, receipt } = append;
    if (this.#view.unreadable.has(streamId)) throw this.#view.unreadable.get(streamId);
    const last = this.#ends?.get(streamId) ?? this.#view.end(streamId);
    const name = receipt === undefined ? undefined : receiptName({ streamId, key: receipt.key });
    const hasReceipt = name !== undefined && (this.#receipts?.has(name) === true || this.#view.hasReceipt(name));
    const refused = refusalOf(append, { last, hasReceipt });
    if (refused !== undefined) return { refused };
    const recorded = this.#placed(append, last);
    this.#reduce(recorded);
    if (name !== undefined) (this.#receipts ??= new Set()).add(name);
    const end = recorded.at(-1) ?? last;
    // Without an event, an append is accepted on a stream that has some.
    if (end !== undefined) this.#accept({ append, recorded, end });
    return { recorded };
  }

  plan(): Plan {
    const { head: headBefore, models } = this.#view;
    const hasEvents = this.#head !== headBefore;
    const isWritten = this.#appends.length > 0;
    return {
      headBefore,
      head: this.#head,
      appends: this.#appends,
      kept: models.map(({ id }) => id),
      models: [
        ...(isWritten ? models.flatMap((model, index) => this.#planOf(model, index)) : []),
        ...(hasEvents ? this.#left() : []),
      ],
    };
  }

  #placed(append: CheckedAppend, last: StreamEnd | undefined): readonly RecordedEvent[] {
    return recordedEvents(append, {
      after: last?.revision,
      recordedAt: notBefore(last?.recordedAt, append.recordedAt ?? this.#planning.clock()),
      position: (index, { id }) => positionOf(placeIn(this.#head) + BigInt(index + 1), id),
    });
  }

  /** @throws ProjectionStopped, or what a row can't be encoded by: nothing of this append is planned then. */
  #reduce(recorded: readonly RecordedEvent[]): void {
    const changes = this.#view.models.map((model, index) => this.#changed(model, index, recorded));
    // None of them is planned before all of them could be reduced.
    for (let index = 0; index < changes.length; index++) {
      for (const row of changes[index] ?? []) this.#rows[index]?.set(row.key, row);
    }
  }

  #changed(
    { opened, known }: CurrentModel,
    index: number,
    recorded: readonly RecordedEvent[],
  ): readonly EncodedRow<unknown>[] {
    const { projection, isWanted } = opened;
    const changed = this.#rows[index];
    const reduced = reducePage(projection, recorded.filter(isWanted), (key) => {
      const planned = changed?.get(key);
      return (planned ?? lookedUp(opened, key, known(key))).row;
    });
    if (reduced.stopped !== undefined) throw reduced.stopped;
    return encodedRows(projection, reduced.rows, { before: known, form: this.#planning.form });
  }

  #accept(placed: PlacedAppend): void {
    const { append, end, recorded } = placed;
    this.#appends.push(placed);
    (this.#ends ??= new Map()).set(append.streamId, end);
    this.#head = recorded.at(-1)?.position ?? this.#head;
  }

  #planOf({ id, brought }: CurrentModel, index: number): readonly ModelPlan[] {
    const rows = Array.from(this.#rows[index]?.values() ?? []);
    if (brought !== undefined) return [{ id, rows, checkpoint: this.#view.head }];
    return rows.length === 0 ? [] : [{ id, rows }];
  }

  /** The read models that the last event names and these events do not: they stay where that event is, and say so from now on. */
  #left(): readonly ModelPlan[] {
    const { keptByHead, models, head } = this.#view;
    const isKept = new Set(models.map(({ id }) => id));
    return keptByHead.filter((id) => !isKept.has(id)).map((id) => ({ id, rows: [], checkpoint: head }));
  }
}

/** A row that was not looked up is a defect: it would be reduced as if it were not there. */
function lookedUp(
  { name }: OpenedModel,
  key: string,
  known: { readonly row: unknown } | undefined,
): { readonly row: unknown } {
  if (known === undefined) throw new Error(`row ${JSON.stringify(key)} of ${name} was not looked up`);
  return known;
}
