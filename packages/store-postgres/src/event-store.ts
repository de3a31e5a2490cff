import {
  DeadlineExceeded,
  OutcomeUnknown,
  pageSizeOf,
  StoreClosed,
  subscribeByReading,
  START,
  tell,
  type Append,
  type EventStore,
  type Observe,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type Receipt,
  type RecordedEvent,
  type StreamId,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing';
import { prepareAppend, type Outcome, type PreparedAppend } from './append.js';
import type { Connection } from './connection.js';
import { isConnectionLost, isRefusedContent } from './faults.js';
import { AppendQueue } from './append-queue.js';
import { lookUp, type Found } from './lost-answers.js';
import { EventReads, pagesOf } from './reads.js';
import type { Schema } from './schema.js';
import type { Watch } from './subscription.js';
import type { Writer } from './writer.js';

/** What the event store works with. */
export interface EventStoreParts {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly writer: Writer;
  readonly watch: Watch;
  /** How long a lost answer is looked for, in milliseconds. */
  readonly patienceMs: number;
  readonly largestPageBytes: number;
  readonly observe: Observe | undefined;
}

const TRIES = 2;
/** Events that are read at once for a reader who goes on. */
const READ_AHEAD = 2000;

/** The events of one schema. Appends that wait at the same time share a transaction. */
export class PostgresEventStore implements EventStore {
  readonly #parts: EventStoreParts;
  readonly #reads: EventReads;
  readonly #group: AppendQueue;
  #isClosed = false;

  constructor(parts: EventStoreParts) {
    this.#parts = parts;
    this.#reads = new EventReads(parts.connection, parts.schema, parts.largestPageBytes);
    this.#group = new AppendQueue(parts.connection.name, async (batch) => {
      const outcomes = await this.#write(batch, 1);
      tell(parts.observe, { type: 'group', appends: batch.length });
      return outcomes;
    });
  }

  async append(append: Append): Promise<readonly RecordedEvent[]> {
    this.#refuseWhenClosed();
    if (append.signal?.aborted === true) throw new DeadlineExceeded({ doing: `appending to ${append.streamId}` });
    const recorded = await this.#group.append(prepareAppend(append));
    this.#parts.watch.notify();
    return recorded;
  }

  async *readStream(
    streamId: StreamId,
    options?: ReadStreamOptions,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    this.#refuseWhenClosed();
    for await (const page of this.#reads.stream(streamId, options)) {
      yield page;
      this.#refuseWhenClosed();
    }
  }

  async *readAll(options?: ReadAllOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    this.#refuseWhenClosed();
    const pageSize = pageSizeOf(options);
    const ahead = Math.max(1, Math.floor(READ_AHEAD / pageSize));
    const readAhead = this.#reads.ahead(options);
    let reading = options?.signal?.aborted === true ? undefined : readAhead(options?.after ?? START);
    for (let isFirst = true; reading !== undefined; isFirst = false) {
      const { events, considered, isHead } = await reading;
      // Who comes for a second page gets the next ones sooner: they are read while he is busy with those before.
      reading = isFirst || isHead ? undefined : readAhead(considered, ahead);
      reading?.catch(() => undefined);
      for (const page of pagesOf(events, pageSize)) {
        if (options?.signal?.aborted === true) return;
        this.#refuseWhenClosed();
        yield page;
      }
      if (isHead || options?.signal?.aborted === true) return;
      this.#refuseWhenClosed();
      reading ??= readAhead(considered, ahead);
    }
  }

  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    const readAhead = this.#reads.ahead(options);
    const source = {
      readAhead: (after: Position) => {
        this.#refuseWhenClosed();
        return readAhead(after);
      },
      changed: (signal: AbortSignal) => this.#parts.watch.changed(signal),
    };
    return subscribeByReading(source, options?.after ?? START, options?.signal);
  }

  async receipt(streamId: StreamId, key: string): Promise<Receipt | undefined> {
    this.#refuseWhenClosed();
    return this.#reads.receipt(streamId, key);
  }

  async head(): Promise<Position> {
    this.#refuseWhenClosed();
    return this.#reads.head();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.watch.notify();
    await this.#group.close();
  }

  async #write(batch: readonly PreparedAppend[], tries: number): Promise<readonly Outcome[]> {
    try {
      return await this.#parts.writer.write(batch);
    } catch (caught) {
      if (isConnectionLost(caught)) return this.#afterLoss(batch, tries, caught);
      if (isRefusedContent(caught) && batch.length > 1) return this.#oneByOne(batch);
      throw this.#parts.connection.faultOf(caught);
    }
  }

  /** What a server refuses to keep is only the end of the append that holds it. */
  async #oneByOne(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const one of batch) outcomes.push(...(await this.#outcomes([one])));
    return outcomes;
  }

  async #afterLoss(batch: readonly PreparedAppend[], tries: number, caught: unknown): Promise<readonly Outcome[]> {
    let found: readonly Found[] | undefined;
    try {
      found = await lookUp(this.#parts, batch);
    } catch (cause) {
      return batch.map(({ append: { streamId } }) => ({ refused: new OutcomeUnknown({ streamId }, cause) }));
    }
    if (found === undefined) {
      // Nothing was written, and nothing will be: the group may be sent again.
      if (tries < TRIES) return this.#write(batch, tries + 1);
      throw this.#parts.connection.faultOf(caught);
    }
    const outcomes: Outcome[] = [];
    for (const [index, one] of batch.entries())
      outcomes.push(...(found[index] === undefined ? await this.#outcomes([one]) : [found[index]]));
    return outcomes;
  }

  async #outcomes(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    try {
      return await this.#write(batch, TRIES);
    } catch (refused) {
      return batch.map(() => ({ refused }));
    }
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new StoreClosed({ store: this.#parts.connection.name });
  }
}
