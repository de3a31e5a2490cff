import {
  decodePage,
  filterPredicate,
  instant,
  meetsExpectation,
  missingKeys,
  notBefore,
  reducePage,
  revision,
  revisionAfter,
  type AnyProjection,
  type Clock,
  type EventPredicate,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import {
  conflictOf,
  noStreamOf,
  receiptExistsOf,
  recordedEvents,
  type Outcome,
  type PreparedAppend,
} from './append-batch.js';

/** Where a stream ends. */
export interface StreamEnd {
  readonly revision: bigint;
  readonly recordedAt: number;
}

/** Rows by their keys; `undefined` where it is known that there is none. */
export type KnownRows = Map<string, unknown>;

/** One projection that is kept inside appends. */
export interface InlineModel {
  readonly projection: AnyProjection;
  /** The name of its read model, as its column holds it. */
  readonly name: string;
  readonly isWanted: EventPredicate;
}

/** What is known of the store at one place in it. */
export interface Ground {
  readonly head: bigint;
  readonly ends: ReadonlyMap<string, StreamEnd | undefined>;
  /** Receipts known to be there, by {@link receiptName}. */
  readonly receipts: ReadonlySet<string>;
  /** Model by model, in the order of the projections. */
  readonly rows: readonly ReadonlyMap<string, unknown>[];
}

/** What a group of appends comes to. */
export interface Plan {
  readonly outcomes: readonly Outcome[];
  readonly accepted: readonly Accepted[];
  readonly ends: ReadonlyMap<string, StreamEnd | undefined>;
  /** The rows that change, model by model. */
  readonly changes: readonly KnownRows[];
  /** Keys of rows that have to be known first, model by model; with any of them the rest is worth nothing. */
  readonly missing: readonly ReadonlySet<string>[];
}

/** An append that is to be written, with its events in their places. */
export interface Accepted {
  readonly prepared: PreparedAppend;
  readonly recorded: readonly RecordedEvent[];
  /** The last event of the stream after it. */
  readonly last: bigint;
}

/** The projection as it is kept inside appends. */
export function inlineModel(projection: AnyProjection, name: string): InlineModel {
  return { projection, name, isWanted: filterPredicate(projection.filter) };
}

/** What a receipt is known by. */
export function receiptName(stream: string, key: string): string {
  return JSON.stringify([stream, key]);
}

/** Reckons what a group of appends comes to: each is checked, placed and reduced after those before it. Writes nothing. */
export function planAppends(
  batch: readonly PreparedAppend[],
  ground: Ground,
  { models, clock }: { readonly models: readonly InlineModel[]; readonly clock: Clock },
): Plan {
  const draft = new Draft(ground, models, clock);
  const outcomes = batch.map((prepared) => draft.take(prepared));
  const { accepted, ends, changes, missing } = draft;
  return { outcomes, accepted, ends, changes, missing };
}

class Draft implements Omit<Plan, 'outcomes'> {
  readonly accepted: Accepted[] = [];
  readonly ends = new Map<string, StreamEnd | undefined>();
  readonly changes: readonly KnownRows[];
  readonly missing: readonly Set<string>[];
  readonly #ground: Ground;
  readonly #models: readonly InlineModel[];
  readonly #clock: Clock;
  readonly #receipts = new Set<string>();
  #head: bigint;

  constructor(ground: Ground, models: readonly InlineModel[], clock: Clock) {
    this.#ground = ground;
    this.#models = models;
    this.#clock = clock;
    this.#head = ground.head;
    this.changes = models.map(() => new Map<string, unknown>());
    this.missing = models.map(() => new Set<string>());
  }

  take(prepared: PreparedAppend): Outcome {
    const { name } = prepared.stream;
    const end = this.ends.has(name) ? this.ends.get(name) : this.#ground.ends.get(name);
    const refused = this.#refusal(prepared, end);
    if (refused !== undefined) return { refused };
    const recorded = this.#placed(prepared, end);
    const steps = this.#models.map((_, index) => this.#reduced(index, recorded));
    for (const step of steps) if ('refused' in step) return step;
    for (const [index, step] of steps.entries()) if ('rows' in step) this.#change(index, step.rows);
    this.#accept(prepared, recorded, end);
    return { recorded };
  }

  #refusal(prepared: PreparedAppend, end: StreamEnd | undefined): Error | undefined {
    const { append, stream, key } = prepared;
    if (key !== undefined) {
      const receipt = receiptName(stream.name, key);
      if (this.#receipts.has(receipt) || this.#ground.receipts.has(receipt)) return receiptExistsOf(prepared);
    }
    const actual = end === undefined ? undefined : revision(end.revision);
    if (!meetsExpectation(append.expected, actual)) return conflictOf(prepared, actual);
    return prepared.events.length === 0 && end === undefined ? noStreamOf(prepared) : undefined;
  }

  #placed(prepared: PreparedAppend, end: StreamEnd | undefined): readonly RecordedEvent[] {
    const recordedAt = notBefore(end === undefined ? undefined : instant(end.recordedAt), this.#clock());
    const next = revisionAfter(end === undefined ? undefined : revision(end.revision));
    return recordedEvents(prepared, { position: this.#head + 1n, revision: next, recordedAt });
  }

  #reduced(
    index: number,
    recorded: readonly RecordedEvent[],
  ): { readonly rows: ReadonlyMap<string, unknown> } | { readonly refused: Error } {
    const model = this.#models[index];
    if (model === undefined) return { rows: new Map() };
    const page = decodePage(model.projection, recorded.filter(model.isWanted));
    const { rows, stopped } = reducePage(model.projection, page, this.#before(index, missingKeys(page)));
    return stopped === undefined ? { rows } : { refused: stopped };
  }

  #before(index: number, keys: Iterable<string>): ReadonlyMap<string, unknown> {
    const [changed, known] = [this.changes[index], this.#ground.rows[index]];
    const before = new Map<string, unknown>();
    for (const key of keys) {
      if (changed?.has(key) !== true && known?.has(key) !== true) this.missing[index]?.add(key);
      const row = changed?.has(key) === true ? changed.get(key) : known?.get(key);
      if (row !== undefined) before.set(key, row);
    }
    return before;
  }

  #change(index: number, rows: ReadonlyMap<string, unknown>): void {
    for (const [key, row] of rows) this.changes[index]?.set(key, row);
  }

  #accept(prepared: PreparedAppend, recorded: readonly RecordedEvent[], end: StreamEnd | undefined): void {
    const last = recorded.at(-1);
    const reached = last ?? end;
    this.ends.set(prepared.stream.name, reached === undefined ? undefined : endOf(reached));
    if (prepared.key !== undefined) this.#receipts.add(receiptName(prepared.stream.name, prepared.key));
    this.accepted.push({ prepared, recorded, last: reached?.revision ?? 0n });
    this.#head += BigInt(recorded.length);
  }
}

function endOf({ revision: last, recordedAt }: StreamEnd): StreamEnd {
  return { revision: last, recordedAt };
}
