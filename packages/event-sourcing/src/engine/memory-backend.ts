import type { WaitOptions } from '../values/deadline.js';
import type { ConsumerBackend } from '../consume/consumer-backend.js';
import { MemoryConsumers } from './memory-consumers.js';
import type { ReadAhead } from '../store/read-through.js';
import { Notifier } from '../store/notifier.js';
import { receiptPages } from '../store/receipt-pages.js';
import type { StreamPage, StreamPart } from '../store/stream-pages.js';
import type { ReadStreamsOptions, StreamReceipt } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { START, type Position } from '../values/position.js';
import type { StreamId } from '../values/stream-id.js';
import type { Backend, FoundRows, WantedRows } from './backend.js';
import type { LogRange, Transacted, Transaction } from './log-backend.js';
import { MemoryLog } from './memory-log.js';
import { MemoryRows } from './memory-rows.js';
import {
  type PlacedAppend,
  type Plan,
  type Planned,
  receiptName,
  type Found,
  type FoundModel,
  type ModelId,
  type ModelQuestion,
  type ModelTarget,
  type Question,
  type ReceiptKey,
  type StreamEnd,
} from './plan.js';
import type { StoredForm } from './stored-row.js';

/** The options of a memory backend. */
export interface MemoryBackendOptions {
  /** The events to start with. Default: none. */
  readonly log?: MemoryLog;
  /** Whether rows are stored as values (the default) or as JSON text. */
  readonly form?: StoredForm;
}

/**
 * Stores events and rows in memory, for tests, replays and experiments. Nothing is persisted, unless a subclass stores
 * each plan ({@link MemoryBackend.persist}) and applies the stored plans when it is opened ({@link
 * MemoryBackend.apply}). A plan is the content of one write: events, rows of read models, and receipts.
 */
export class MemoryBackend implements Backend {
  readonly name: string;
  readonly form: StoredForm;
  readonly consumers: ConsumerBackend;
  /** Only of the class itself: a subclass that persists plans would get the texts back when it is opened. */
  readonly erase?: NonNullable<Backend['erase']>;
  readonly #log: MemoryLog;
  /** The receipts of commands with an idempotency key, by {@link receiptName}. */
  readonly #receipts = new Map<string, StreamReceipt>();
  /** Live read models by name. */
  readonly #models = new Map<string, MemoryRows>();
  /** The latest shadow of each read model, by the read model's name. */
  readonly #shadows = new Map<string, MemoryRows>();
  /** Live read models and shadows, by id. */
  readonly #byId = new Map<ModelId, MemoryRows>();
  readonly #notifier = new Notifier();
  #lastId = 0;
  #isPlanning = false;

  constructor(name: string, { log = new MemoryLog(), form = 'value' }: MemoryBackendOptions = {}) {
    this.name = name;
    this.form = form;
    this.#log = log;
    this.consumers = new MemoryConsumers(log);
    if (new.target === MemoryBackend) this.erase = async (event, metadata) => this.#log.erase(event, metadata);
  }

  async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    // A reducer has appended: that waits until the append it reduces is written.
    while (this.#isPlanning) await Promise.resolve();
    const planned = this.#plan(transaction);
    // Not awaited if nothing is persisted, because each pause slows the command noticeably.
    const persisting = this.persist(planned.plan);
    if (persisting !== undefined) await persisting;
    this.apply(planned.plan);
    // Without a token, the engine caches nothing: a look-up in memory is as fast as its cache.
    return { ...planned, token: undefined, plannedFromCache: false };
  }

  readReceipts(pageSize: number, wait?: WaitOptions): AsyncIterable<readonly StreamReceipt[]> {
    return receiptPages((after) => this.#receiptsAfter(after, pageSize), pageSize, wait);
  }

  /** Never called: the engine calls it only after an `AnswerLost`, which this backend never throws. */
  async findWritten(): Promise<boolean> {
    return false;
  }

  async lookUp(question: Question): Promise<Found> {
    return this.#find(question);
  }

  async query(target: ModelTarget, query: WantedRows): Promise<FoundRows> {
    const model = this.#modelOf(target);
    const { head } = this.#log;
    const at = { head, checkpoint: model?.checkpoint };
    if (query.wanted === 'size') return { ...at, rows: [], count: model?.rows.size ?? 0 };
    if (query.wanted === 'count') return { ...at, rows: [], count: model?.count(query) ?? 0 };
    return { ...at, rows: model?.query(query) ?? [] };
  }

  async readStream(streamId: StreamId, part: StreamPart): Promise<StreamPage> {
    return this.#log.readStream(streamId, part);
  }

  async readLog(after: Position, range: LogRange): Promise<ReadAhead> {
    return this.#log.readLog(after, range);
  }

  readStreams(options: ReadStreamsOptions): AsyncIterable<readonly RecordedEvent[]> {
    return this.#log.readStreams(options);
  }

  async openModel(name: string): Promise<void> {
    if (!this.#models.has(name)) this.#models.set(name, this.#newRows());
  }

  async beginShadow(name: string): Promise<ModelId> {
    const earlier = this.#shadows.get(name);
    if (earlier !== undefined) this.#byId.delete(earlier.id);
    const rows = this.#newRows();
    this.#shadows.set(name, rows);
    return rows.id;
  }

  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.#notifier.changed(signal, withinMs);
  }

  /** Waits for the running appends, and then ends all waits for a change. */
  async close(runningAppends?: Promise<void>): Promise<void> {
    await runningAppends;
    this.#notifier.notify();
  }

  /** Up to `limit` receipts whose names sort after that of `after`; without it, the first ones. */
  #receiptsAfter(after: ReceiptKey | undefined, limit: number): readonly StreamReceipt[] {
    const start = after === undefined ? '' : receiptName(after);
    const names = [...this.#receipts.keys()].filter((name) => name > start).sort();
    return names.slice(0, limit).flatMap((name) => this.#receipts.get(name) ?? []);
  }

  /** Creates the rows of a read model or of a shadow, with a new id. */
  #newRows(): MemoryRows {
    this.#lastId += 1;
    const rows = new MemoryRows(String(this.#lastId));
    this.#byId.set(rows.id, rows);
    return rows;
  }

  #plan<Result>(transaction: Transaction<Result>): Planned<Result> {
    this.#isPlanning = true;
    try {
      return transaction.plan(this.#find(transaction.question));
    } finally {
      this.#isPlanning = false;
    }
  }

  /** Looks up what a question asks for. */
  #find({ streams, receipts, models, events }: Question): Found {
    const ends = new Map<StreamId, StreamEnd>();
    for (const streamId of streams) {
      const end = this.#log.endOf(streamId);
      if (end !== undefined) ends.set(streamId, end);
    }
    const found: FoundModel[] = [];
    for (const asked of models) {
      const rows = this.#modelOf(asked.target);
      if (rows !== undefined) found.push(this.#foundIn(rows, asked));
    }
    return {
      token: undefined,
      head: this.#log.head,
      ends,
      receipts: receipts.flatMap((asked) => this.#receipts.get(receiptName(asked)) ?? []),
      missing: events?.find((position) => !this.#log.has(position)),
      models: found,
    };
  }

  #foundIn(model: MemoryRows, { target, keys, unprocessed }: ModelQuestion): FoundModel {
    const rows = new Map<string, unknown>();
    for (const key of keys) rows.set(key, model.rows.get(key));
    const found = { target, id: model.id, checkpoint: model.checkpoint, rows };
    if (unprocessed === undefined) return found;
    const { filter, atMost, keyOf } = unprocessed;
    const page = this.#log.readLog(found.checkpoint ?? START, { filter, pageSize: atMost });
    for (const key of new Set(page.events.map(({ streamId }) => keyOf(streamId)))) rows.set(key, model.rows.get(key));
    return { ...found, unprocessed: page };
  }

  #modelOf({ name, shadow }: ModelTarget): MemoryRows | undefined {
    if (shadow === undefined) return this.#models.get(name);
    const rows = this.#shadows.get(name);
    return rows?.id === shadow ? rows : undefined;
  }

  /**
   * For subclasses that persist plans: called before a plan is applied. Until the promise resolves, the subclass must
   * hold back `transact`, `openModel` and `beginShadow`.
   */
  protected persist(_plan: Plan): Promise<void> | undefined {
    return undefined;
  }

  /** Applies a plan: adds its events and receipts, writes its rows, and promotes a shadow. */
  protected apply({ appends, models, promoted }: Plan): void {
    for (const placed of appends) this.#append(placed);
    for (const { id, rows, checkpoint } of models) {
      const model = this.#byId.get(id);
      for (const row of rows) model?.write(row);
      if (model !== undefined) model.checkpoint = checkpoint;
    }
    if (promoted !== undefined) this.#promoteShadow(promoted.name);
    this.#notifier.notify();
  }

  /** Makes the shadow of a read model the live one. */
  #promoteShadow(name: string): void {
    const shadow = this.#shadows.get(name);
    if (shadow === undefined) return;
    const replaced = this.#models.get(name);
    if (replaced !== undefined) this.#byId.delete(replaced.id);
    this.#models.set(name, shadow);
    this.#shadows.delete(name);
  }

  #append({ append: { streamId, receipt }, recorded, end }: PlacedAppend): void {
    for (const event of recorded) this.#log.record(event);
    if (receipt === undefined) return;
    const { key, fingerprint } = receipt;
    this.#receipts.set(receiptName({ streamId, key }), { streamId, key, fingerprint, revision: end.revision });
  }
}
