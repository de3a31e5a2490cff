import { instant, revision, type Clock, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  decodePage,
  missingKeys,
  notBefore,
  reducePage,
  revisionAfter,
  type Outcome,
  refusalOf,
} from '@login-policy/event-sourcing/store';
import { receiptName, placedEvents, type PreparedAppend } from './append.js';
import type { Ground, KeptModel, StreamEnd } from './ground.js';

/** What a group of appends comes to. */
export interface Plan {
  readonly outcomes: readonly Outcome[];
  readonly accepted: readonly Accepted[];
  readonly ends: ReadonlyMap<string, StreamEnd | undefined>;
  /** The rows that change, model by model, in the order of the ground. */
  readonly changes: readonly ReadonlyMap<string, unknown>[];
}

/** An append that is to be written, with its events in their places. */
export interface Accepted {
  readonly prepared: PreparedAppend;
  readonly recorded: readonly RecordedEvent[];
  /** The revision of the last event of the stream after it. */
  readonly last: bigint;
}

/** Finds out what a group of appends comes to: each is checked, placed and reduced after those before it. Writes nothing. */
export function planAppends(batch: readonly PreparedAppend[], ground: Ground, clock: Clock): Plan {
  const draft = new Draft(ground, clock);
  const outcomes = batch.map((prepared) => draft.take(prepared));
  const { accepted, ends, changes } = draft;
  return { outcomes, accepted, ends, changes };
}

class Draft implements Omit<Plan, 'outcomes'> {
  readonly accepted: Accepted[] = [];
  readonly ends = new Map<string, StreamEnd | undefined>();
  readonly changes: readonly Map<string, unknown>[];
  readonly #ground: Ground;
  readonly #clock: Clock;
  readonly #receipts = new Set<string>();
  #head: bigint;

  constructor(ground: Ground, clock: Clock) {
    this.#ground = ground;
    this.#clock = clock;
    this.#head = ground.head;
    this.changes = ground.models.map(({ caughtUp }) => new Map(caughtUp));
  }

  take(prepared: PreparedAppend): Outcome {
    const { name } = prepared.stream;
    const end = this.ends.has(name) ? this.ends.get(name) : this.#ground.ends.get(name);
    const refused = this.#refusal(prepared, end);
    if (refused !== undefined) return { refused };
    const recorded = this.#placed(prepared, end);
    const steps = this.#ground.models.map((model, index) => this.#reduced(model, index, recorded));
    for (const step of steps) if ('refused' in step) return step;
    for (const [index, step] of steps.entries()) if ('rows' in step) this.#change(index, step.rows);
    this.#accept(prepared, recorded, end);
    return { recorded };
  }

  #refusal({ append, stream, key }: PreparedAppend, end: StreamEnd | undefined): Error | undefined {
    const receipt = key === undefined ? '' : receiptName(stream.name, key);
    const hasReceipt = this.#receipts.has(receipt) || this.#ground.receipts.has(receipt);
    return refusalOf(append, { last: end === undefined ? undefined : revision(end.revision), hasReceipt });
  }

  #placed(prepared: PreparedAppend, end: StreamEnd | undefined): readonly RecordedEvent[] {
    const recordedAt = notBefore(end === undefined ? undefined : instant(end.recordedAt), this.#clock());
    const next = revisionAfter(end === undefined ? undefined : revision(end.revision));
    return placedEvents(prepared, { position: this.#head + 1n, revision: next, recordedAt });
  }

  #reduced(
    { opened, rows: known }: KeptModel,
    index: number,
    recorded: readonly RecordedEvent[],
  ): { readonly rows: ReadonlyMap<string, unknown> } | { readonly refused: Error } {
    const page = decodePage(opened.projection, recorded.filter(opened.isWanted));
    const before = new Map<string, unknown>();
    for (const key of missingKeys(page)) {
      const changed = this.changes[index];
      const row = changed?.has(key) === true ? changed.get(key) : known.get(key);
      if (row !== undefined) before.set(key, row);
    }
    const { rows, stopped } = reducePage(opened.projection, page, before);
    return stopped === undefined ? { rows } : { refused: stopped };
  }

  #change(index: number, rows: ReadonlyMap<string, unknown>): void {
    for (const [key, row] of rows) this.changes[index]?.set(key, row);
  }

  #accept(prepared: PreparedAppend, recorded: readonly RecordedEvent[], before: StreamEnd | undefined): void {
    const last = recorded.at(-1);
    const reached = last === undefined ? before : { revision: last.revision, recordedAt: last.recordedAt, id: last.id };
    this.ends.set(prepared.stream.name, reached);
    if (prepared.key !== undefined) this.#receipts.add(receiptName(prepared.stream.name, prepared.key));
    this.accepted.push({ prepared, recorded, last: reached?.revision ?? 0n });
    this.#head += BigInt(recorded.length);
  }
}
