import { eventId, positionToString, type Clock, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  notBefore,
  positionOf,
  reducePage,
  refusalOf,
  revisionAfter,
  type Outcome,
  type ReducedPage,
} from '@login-policy/event-sourcing/store';
import { placedEvents, receiptName, type PreparedAppend } from './append.js';
import type { KeptModel, Known, StreamEnd } from './known.js';
import { storedText } from './names.js';
import { columnsOf, type Cell } from './queries.js';
import { contentOf, isFoundAlike, keyBytes, rowChange, type RowChange } from './row-changes.js';

/** An append that is to be written, with its events in their places. */
interface Accepted {
  readonly prepared: PreparedAppend;
  readonly recorded: readonly RecordedEvent[];
  /** The end of the stream after it. */
  readonly end: StreamEnd | undefined;
}

/** What a draft is written with. */
interface Circumstances {
  /** By the server's clock, in milliseconds; without it time does not matter, as in a writer's turn. */
  readonly notAfter?: number;
  /** The read models that the head kept and this does not, by their numbers. */
  readonly dropped?: readonly string[];
}

/** A row that changes, with the number of its read model. */
interface Change extends RowChange {
  readonly model: string;
}

/** The rows that change: those that are there and stay found by the same entries, those that are not there yet, and all others. */
interface Changes {
  readonly usual: [model: string, key: string, content: string][];
  readonly begun: Change[];
  readonly changed: Change[];
}

/** What a group of appends comes to where nobody else writes: each is checked, placed and reduced after those before it. */
export class Draft {
  /** How each append ends if it is written. */
  readonly outcomes: readonly Outcome[];
  readonly #known: Known;
  readonly #clock: Clock;
  readonly #accepted: Accepted[] = [];
  readonly #ends = new Map<string, StreamEnd | undefined>();
  readonly #receipts: Set<string>;
  /** The rows that change, model by model. */
  readonly #rows: readonly Map<string, unknown>[];
  /** The keys of rows that are taken not to be there, because their streams are, model by model. */
  readonly #assumed: readonly Set<string>[];
  #head: bigint;
  #headId: string;

  constructor(batch: readonly PreparedAppend[], known: Known, clock: Clock) {
    this.#known = known;
    this.#clock = clock;
    this.#receipts = new Set(known.receipts);
    this.#rows = known.models.map(() => new Map());
    this.#assumed = known.models.map(() => new Set());
    this.#head = known.head;
    this.#headId = known.headId;
    this.outcomes = batch.map((prepared) => this.#take(prepared));
  }

  /** Whether there is nothing to write. */
  get isEmpty(): boolean {
    return this.#accepted.length === 0;
  }

  /** Whether an event is among it: else no read model moves. */
  get hasEvents(): boolean {
    return this.#head > this.#known.head;
  }

  /** Whether a row was taken not to be there without the server noticing if it is: it is not made. */
  get isUnsure(): boolean {
    return this.#assumed.some((keys, index) => [...keys].some((key) => this.#rows[index]?.get(key) === undefined));
  }

  /** The arguments of `append_v7` that write it. */
  values({ notAfter, dropped = [] }: Circumstances): readonly Cell[] {
    const { era, head, headId, models } = this.#known;
    const { usual, begun, changed } = this.#changes();
    const more = {
      receipts: some(this.#accepted.flatMap(receiptsOf)),
      dropped: some(this.hasEvents ? this.#left(dropped) : []),
      begun: some(begun),
      changed: some(changed),
    };
    return [
      era,
      notAfter === undefined ? null : String(notAfter),
      `${head} ${headId}`,
      `{${models.map(({ model }) => model).join(',')}}`,
      ...columnsOf(this.#accepted.flatMap(eventCells), 11),
      ...columnsOf(usual, 3),
      Object.values(more).some((list) => list !== undefined) ? JSON.stringify(more) : null,
    ];
  }

  /** Has what is known of the place before it be what is known behind it. */
  advance(known: Known): Known {
    addTo(known.ends, this.#ends);
    for (const [index, { rows }] of known.models.entries()) addTo(rows, this.#rows[index]);
    return { ...known, head: this.#head, headId: this.#headId };
  }

  #take(prepared: PreparedAppend): Outcome {
    const { append, stream, key } = prepared;
    const end = this.#ends.get(stream.name) ?? this.#known.ends.get(stream.name);
    const receipt = key === undefined ? undefined : receiptName(stream.name, key);
    const refused = refusalOf(append, { last: end, hasReceipt: receipt !== undefined && this.#receipts.has(receipt) });
    if (refused !== undefined) return { refused };
    const recorded = placedEvents(prepared, {
      position: this.#head + 1n,
      revision: revisionAfter(end?.revision),
      recordedAt: notBefore(end?.recordedAt, this.#clock()),
    });
    const reduced = this.#known.models.map((model, index) => this.#reduced(model, index, recorded));
    for (const { stopped } of reduced) if (stopped !== undefined) return { refused: stopped };
    for (const [index, { rows }] of reduced.entries()) addTo(this.#rows[index], rows);
    if (receipt !== undefined) this.#receipts.add(receipt);
    this.#accept(prepared, recorded, end);
    return { recorded };
  }

  /** What events make of the rows of a read model, where some have changed already. */
  #reduced({ opened, rows }: KeptModel, index: number, recorded: readonly RecordedEvent[]): ReducedPage<unknown> {
    const changed = this.#rows[index];
    return reducePage(opened.projection, recorded.filter(opened.isWanted), (key) => {
      if (changed?.has(key) === true) return changed.get(key);
      if (!rows.has(key)) this.#assumed[index]?.add(key);
      return rows.get(key);
    });
  }

  #accept(prepared: PreparedAppend, recorded: readonly RecordedEvent[], before: StreamEnd | undefined): void {
    const { name } = prepared.stream;
    const last = recorded.at(-1);
    const end = last === undefined ? before : { id: last.id, revision: last.revision, recordedAt: last.recordedAt };
    this.#ends.set(name, end);
    this.#accepted.push({ prepared, recorded, end });
    this.#head += BigInt(recorded.length);
    this.#headId = last?.id ?? this.#headId;
  }

  #changes(): Changes {
    const changes: Changes = { usual: [], begun: [], changed: [] };
    for (const [index, { opened, model, rows }] of this.#known.models.entries()) {
      const { projection } = opened;
      for (const [key, row] of this.#rows[index] ?? []) {
        const before = rows.get(key);
        if (row !== undefined && before !== undefined && isFoundAlike(projection, before, row)) {
          changes.usual.push([model, `\\x${keyBytes(key).toString('hex')}`, contentOf(projection, row)]);
        } else {
          const isNew = before === undefined && (rows.has(key) || this.#assumed[index]?.has(key) === true);
          if (isNew && row === undefined) continue;
          (isNew ? changes.begun : changes.changed).push({ model, ...rowChange(projection, key, row) });
        }
      }
    }
    return changes;
  }

  /** Where the read models are left that the head kept: at the head. */
  #left(dropped: readonly string[]): readonly object[] {
    const { head, headId } = this.#known;
    if (headId === '') return [];
    const at = positionToString(positionOf(head, eventId(headId)));
    return dropped.map((model) => ({ model, at }));
  }
}

/** An event, as the columns of `append_v7` have it: `null` where it is as usual. */
function eventCells({ prepared: { stream, append }, recorded }: Accepted): readonly (readonly Cell[])[] {
  return recorded.map((event, index) => [
    stream.name,
    String(event.revision),
    event.id,
    storedText(event.type),
    String(event.recordedAt),
    append.texts[index]?.data ?? null,
    append.texts[index]?.metadata ?? null,
    event.append === undefined ? null : String(event.append.place),
    event.append === undefined ? null : String(event.append.count),
    event.schemaVersion === 1 ? null : String(event.schemaVersion),
    stream.whole ?? null,
  ]);
}

function receiptsOf({ prepared: { stream, key, append }, end }: Accepted): readonly object[] {
  if (key === undefined || append.receipt === undefined) return [];
  const fingerprint = storedText(append.receipt.fingerprint);
  return [{ stream: stream.name, key, fingerprint, revision: String(end?.revision ?? 0n) }];
}

function some<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length === 0 ? undefined : items;
}

function addTo(to: Map<string, unknown> | undefined, more: ReadonlyMap<string, unknown> | undefined): void {
  for (const [key, value] of more ?? []) to?.set(key, value);
}
