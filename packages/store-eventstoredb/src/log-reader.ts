import { START, type Position } from '@login-policy/event-sourcing';
import type { EventFilter, HeadProof, ReadAllOptions, WaitOptions } from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import { Cancellation } from './cancellation.js';
import { connectionBroke, unavailable } from './faults.js';
import { LogEnds } from './log-ends.js';
import { LogQueries } from './log-queries.js';
import type { LogRecord } from './log-record.js';
import { PageMaker } from './page-maker.js';
import { Retries } from './retries.js';
import { PAGE_SIZE, type Page } from './stream-reader.js';
import type { AllRead } from './requests.js';
import { retry, type ReadingContext } from './server-reads.js';

/** A read of the whole log up to its head, which may take several server calls. */
export interface LogRead {
  readonly maker: PageMaker;
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
  readonly cancellation: Cancellation;
  readonly retries: Retries;
  /** The head that the read includes: the last one asked for, so present once a page was read. */
  proof?: HeadProof;
}

/** Reads the whole log, filtered by the server. After a broken connection it continues where it was. */
export class LogReader {
  readonly #context: ReadingContext;
  readonly #queries: LogQueries;
  /** Finds the end of the log. */
  readonly ends: LogEnds;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#queries = new LogQueries(context);
    this.ends = new LogEnds(context);
  }

  /** The pages of all wanted events after a position, up to the current end of the log. */
  async *pages(options: ReadAllOptions): AsyncGenerator<Page, void, undefined> {
    const { closing, timeouts } = this.#context;
    const { filter, after = START, pageSize = PAGE_SIZE } = options;
    const cancellation = new Cancellation(closing, { signal: options.signal });
    const retries = new Retries('reading the log', timeouts.retryMs, cancellation.signal);
    try {
      const maker = new PageMaker(this.#context, filter, after);
      yield* this.pagesOf({ maker, filter, pageSize, cancellation, retries });
    } finally {
      cancellation.dispose();
    }
  }

  /**
   * The pages of a read, from the position of its page maker. At the end of the log, an incomplete append stays in the
   * page maker.
   *
   * @throws PositionUnknown when the log has another record at this position, or none.
   */
  async *pagesOf(read: LogRead): AsyncGenerator<Page, void, undefined> {
    const { maker, cancellation, retries } = read;
    while (!cancellation.isCancelled()) {
      try {
        // A newly elected node may lack the end of the log, and a broken connection may lead to another node.
        const isSameConnection = await this.#context.leadership.demand(cancellation.signal);
        read.proof = await this.ends.proveHead(maker.returnedUpTo, cancellation.signal);
        const { checkpoint: position, head, isInLog } = read.proof;
        if (!isInLog && !cancellation.isCancelled()) throw new Fault('position-unknown', { position, head });
        if (read.filter?.categories.length === 0) return;
        yield* this.#pagesOnce(read, head, isSameConnection);
        if (!cancellation.isCancelled() && !isSameConnection()) throw connectionBroke('reading the log');
        if (maker.receivedUpTo >= head) return;
        if (!cancellation.isCancelled()) throw unavailable(`the server ended a read before the event at ${head}`);
      } catch (error) {
        await retries.waitAfter(error);
      }
    }
  }

  /**
   * @throws StoreUnavailable when the connection broke after the position was looked up, because the records may then
   * be those of a server that was restored from a backup, where the position is lost.
   */
  async *#pagesOnce(
    { maker, filter, pageSize, cancellation, retries }: LogRead,
    head: Position,
    isSameConnection: () => boolean,
  ): AsyncGenerator<Page, void, undefined> {
    const { names, timeouts } = this.#context;
    const { signal } = cancellation;
    const from = maker.returnedUpTo;
    maker.discardUnreturned();
    // The event at the head is read whatever the filter: without it, the server has ended the read too early.
    const last = filter && head > from ? await this.ends.at(head, signal) : undefined;
    const serverFilter = names.serverFilter(filter, last?.streamName);
    const read: AllRead = { direction: 'forwards', from, filter: serverFilter, limit: Infinity };
    for await (const records of this.#queries.records(read, { pageSize, signal, withinMs: timeouts.scanMs })) {
      if (!isSameConnection()) throw connectionBroke('reading the log');
      maker.add(records);
      if (maker.receivedUpTo > from) retries.reset();
      while (maker.readyCount >= pageSize) yield this.#nextPage(maker, pageSize);
    }
    if (cancellation.isCancelled()) return;
    maker.cutOffOverdue();
    while (maker.readyCount > 0) yield this.#nextPage(maker, pageSize);
  }

  #nextPage(maker: PageMaker, pageSize: number): Page {
    const page = maker.nextPage(pageSize);
    this.ends.note(page.at(-1)?.event.position);
    return page;
  }

  /** See `EventStore.proveHead`. */
  proveHead(checkpoint: Position, { signal }: WaitOptions = {}): Promise<HeadProof> {
    return retry(this.#context, { doing: 'looking for the last event', signal }, (stopSignal) =>
      this.ends.proveHead(checkpoint, stopSignal),
    );
  }

  /** The first event of this store. */
  first(): Promise<LogRecord | undefined> {
    return this.#onLeader('looking for the first event', (signal) => this.ends.first(signal));
  }

  /** The record at a position; `undefined` when there is none. */
  at(position: Position): Promise<LogRecord | undefined> {
    return this.#onLeader('looking for an event', (signal) => this.ends.at(position, signal));
  }

  /** Asks the leader, because another node may lack the record. Retries for `retryMs`. */
  #onLeader<Found>(doing: string, ask: (signal: AbortSignal) => Promise<Found>): Promise<Found> {
    return retry(this.#context, { doing }, async (signal) => {
      await this.#context.leadership.check(signal);
      return ask(signal);
    });
  }
}
