import { positionToString, type Clock, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  eventId,
  encodedRows,
  notBefore,
  positionOf,
  recordedEvents,
  reducePage,
  refusalOf,
  type EncodedRow,
  type Outcome,
} from '@login-policy/event-sourcing/store';
import { LARGEST, receiptName, tooLarge, type PreparedAppend } from './append.js';
import type { KeptModel, Known, StreamEnd } from './known.js';
import { storedText } from './names.js';
import { arrayOf, DURABLE, textsOf, type Cell } from './queries.js';
import { rowColumns } from './row-changes.js';

/** An append that is to be written, with its events in their places. */
interface Accepted {
  readonly prepared: PreparedAppend;
  readonly recorded: readonly RecordedEvent[];
  /** The end of the stream after it. */
  readonly end: StreamEnd | undefined;
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
  readonly #rows: readonly Map<string, EncodedRow<unknown>>[];
  #head: bigint;
  #headId: string;

  constructor(batch: readonly PreparedAppend[], known: Known, clock: Clock) {
    this.#known = known;
    this.#clock = clock;
    this.#receipts = new Set(known.receipts);
    this.#rows = known.models.map(() => new Map());
    this.#head = known.head;
    this.#headId = known.headId;
    this.outcomes = batch.map((prepared) => this.#take(prepared));
  }

  /** Whether there is nothing to write. */
  get isEmpty(): boolean {
    return this.#accepted.length === 0;
  }

  /** Whether an event is among it: else no read model moves. */
  get #hasEvents(): boolean {
    return this.#head > this.#known.head;
  }

  /** Asks whether it was written, {@link DURABLE} if so: for its last event where that was to be, or for a receipt if it has none. */
  trace(schema: string): readonly [statement: string, values: readonly unknown[]] {
    if (this.#hasEvents)
      return [
        `SELECT ${DURABLE} FROM ${schema}.events WHERE position = $1 AND id = $2`,
        [String(this.#head), this.#headId],
      ];
    const [receipt] = this.#accepted.flatMap(receiptsOf);
    const statement = `SELECT ${DURABLE} FROM ${schema}.receipts WHERE stream = $1 AND key = $2 AND fingerprint = $3`;
    return [statement, [receipt?.stream, receipt?.key, receipt?.fingerprint]];
  }

  /**
   * The arguments of `append_v10` that write it: not after that time by the server's clock, in milliseconds. In a writer's turn time
   * does not matter.
   */
  values(notAfter?: number): readonly Cell[] {
    const { era, head, headId, models } = this.#known;
    const changes = models.flatMap(({ model }, index) =>
      Array.from(this.#rows[index]?.values() ?? [], (row) => ({ model, row })),
    );
    const receipts = this.#accepted.flatMap(receiptsOf);
    const left = this.#left();
    return [
      era,
      notAfter === undefined ? null : String(notAfter),
      `${head} ${headId}`,
      `{${models.map(({ model }) => model).join(',')}}`,
      ...eventColumns(this.#accepted),
      ...rowColumns(changes),
      receipts.length === 0 ? null : JSON.stringify(receipts),
      left.length === 0 ? null : JSON.stringify(left),
    ];
  }

  /** Has what is known of the place before it be what is known behind it. */
  advance(known: Known): Known {
    for (const [name, end] of this.#ends) known.ends.set(name, end);
    for (const [index, { rows }] of known.models.entries())
      for (const [key, { row }] of this.#rows[index] ?? []) rows.set(key, row);
    const dropped = this.#hasEvents ? [] : known.dropped;
    return { ...known, head: this.#head, headId: this.#headId, dropped };
  }

  #take(prepared: PreparedAppend): Outcome {
    const { append, stream, key } = prepared;
    if (append.size > LARGEST) return { refused: tooLarge(prepared) };
    const end = this.#ends.get(stream.name) ?? this.#known.ends.get(stream.name);
    const receipt = key === undefined ? undefined : receiptName(stream.name, key);
    const refused = refusalOf(append, { last: end, hasReceipt: receipt !== undefined && this.#receipts.has(receipt) });
    if (refused !== undefined) return { refused };
    const recorded = recordedEvents(append, {
      after: end?.revision,
      recordedAt: notBefore(end?.recordedAt, append.recordedAt ?? this.#clock()),
      position: (index, { id }) => positionOf(this.#head + BigInt(index + 1), id),
    });
    try {
      const changes = this.#known.models.map((model, index) => this.#changed(model, index, recorded));
      for (const [index, rows] of changes.entries()) for (const row of rows) this.#rows[index]?.set(row.key, row);
    } catch (caught) {
      return { refused: caught };
    }
    if (receipt !== undefined) this.#receipts.add(receipt);
    this.#accept(prepared, recorded, end);
    return { recorded };
  }

  /**
   * What events make of the rows of a read model, where some have changed already.
   *
   * @throws ProjectionStopped, or what a row can't be encoded by: nothing of this append is accepted then.
   */
  #changed(
    { opened, rows }: KeptModel,
    index: number,
    recorded: readonly RecordedEvent[],
  ): readonly EncodedRow<unknown>[] {
    const { projection, isWanted } = opened;
    const changed = this.#rows[index];
    const reduced = reducePage(projection, recorded.filter(isWanted), (key) =>
      changed?.has(key) === true ? changed.get(key)?.row : rows.get(key),
    );
    if (reduced.stopped !== undefined) throw reduced.stopped;
    return encodedRows(projection, reduced.rows, { before: (key) => ({ row: rows.get(key) }) });
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

  /** Where the read models are left that the head kept and these events don't: at the head. */
  #left(): readonly object[] {
    const { head, headId, dropped } = this.#known;
    if (!this.#hasEvents || headId === '') return [];
    const at = positionToString(positionOf(head, eventId(headId)));
    return dropped.map((model) => ({ model, at }));
  }
}

/** The events, column by column; `null` for the last four where all events are as usual: recorded alone, in version 1, in a short stream. */
function eventColumns(accepted: readonly Accepted[]): readonly Cell[] {
  const events = accepted.flatMap(({ prepared, recorded }) =>
    recorded.map((event, index) => ({ event, stream: prepared.stream, text: prepared.append.texts[index] })),
  );
  const isUsual = events.every(
    ({ event, stream }) => event.append === undefined && event.schemaVersion === 1 && stream.whole === undefined,
  );
  return [
    textsOf(events.map(({ stream }) => stream.name)),
    arrayOf(events.map(({ event }) => event.revision)),
    arrayOf(events.map(({ event }) => event.id)),
    textsOf(events.map(({ event }) => storedText(event.type))),
    arrayOf(events.map(({ event }) => event.recordedAt)),
    events.map(({ text }) => text?.data).join('\n'),
    events.map(({ text }) => text?.metadata).join('\n'),
    ...(isUsual
      ? [null, null, null, null]
      : [
          arrayOf(events.map(({ event }) => event.append?.place ?? 0)),
          arrayOf(events.map(({ event }) => event.append?.count ?? 0)),
          arrayOf(events.map(({ event }) => event.schemaVersion)),
          textsOf(events.map(({ stream }) => stream.whole ?? '')),
        ]),
  ];
}

/** A receipt as its columns hold it. */
interface StoredReceipt {
  readonly stream: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly revision: string;
}

function receiptsOf({ prepared: { stream, key, append }, end }: Accepted): readonly StoredReceipt[] {
  if (key === undefined || append.receipt === undefined) return [];
  const fingerprint = storedText(append.receipt.fingerprint);
  return [{ stream: stream.name, key, fingerprint, revision: String(end?.revision ?? 0n) }];
}
