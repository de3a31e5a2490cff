import { START, type Position } from '@login-policy/event-sourcing';
import type { EventFilter, HeadProof, ReadAllOptions, WaitOptions } from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import { Cancellation } from './cancellation.js';
import { connectionBroke } from './faults.js';
import { LogEnds } from './log-ends.js';
import { LogQueries } from './log-queries.js';
import type { LogRecord } from './log-record.js';
import { PageMaker } from './page-maker.js';
import { Retries } from './retries.js';
import { PAGE_SIZE, type Page } from './stream-reader.js';
import type { AllRead } from './requests.js';
import { retry, type ReadingContext } from './server-reads.js';

/** The settings of a read of the whole log, which may take several server calls. */
export interface LogReadSettings {
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
  readonly cancellation: Cancellation;
  readonly retries: Retries;
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
      yield* this.pagesFrom(new PageMaker(this.#context, filter, after), { filter, pageSize, cancellation, retries });
    } finally {
      cancellation.dispose();
    }
  }

  /**
   * The pages of a page maker, from its position. At the end of the log, an incomplete append stays in the page maker.
   */
  async *pagesFrom(maker: PageMaker, settings: LogReadSettings): AsyncGenerator<Page, void, undefined> {
    const { filter, cancellation, retries } = settings;
    const isEmptyFilter = filter?.categories.length === 0;
    while (!cancellation.isCancelled() && !isEmptyFilter) {
      try {
        // A newly elected node may lack the end of the log, and a broken connection may lead to another node.
        const isSameConnection = await this.#context.leadership.demand(cancellation.signal);
        await this.#demandInLog(maker.returnedUpTo, cancellation.signal);
        yield* this.#pagesOnce(maker, settings, isSameConnection);
        if (!cancellation.isCancelled() && isSameConnection()) return;
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
    maker: PageMaker,
    { filter, pageSize, cancellation, retries }: LogReadSettings,
    isSameConnection: () => boolean,
  ): AsyncGenerator<Page, void, undefined> {
    const { names, timeouts } = this.#context;
    maker.discardUnreturned();
    const read: AllRead = {
      direction: 'forwards',
      from: maker.returnedUpTo,
      filter: names.serverFilter(filter),
      limit: Infinity,
    };
    for await (const records of this.#queries.records(read, {
      pageSize,
      signal: cancellation.signal,
      withinMs: timeouts.scanMs,
    })) {
      if (!isSameConnection()) throw connectionBroke('reading the log');
      retries.reset();
      maker.add(records);
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

  /** The first event of this store. Retries for `retryMs`. */
  first(): Promise<LogRecord | undefined> {
    return retry(this.#context, { doing: 'looking for the first event' }, (signal) =>
      this.#onLeaderIfMissing(() => this.ends.first(signal), signal),
    );
  }

  /** The record at a position; `undefined` when there is none. Retries for `retryMs`. */
  at(position: Position): Promise<LogRecord | undefined> {
    return retry(this.#context, { doing: 'looking for an event' }, (signal) =>
      this.#onLeaderIfMissing(() => this.ends.at(position, signal), signal),
    );
  }

  /** @throws PositionUnknown when the log has another record at this position, or none. */
  async #demandInLog(position: Position, signal: AbortSignal): Promise<void> {
    if ((await this.#isInLog(position, signal)) || signal.aborted) return;
    throw new Fault('position-unknown', { position, head: (await this.proveHead(START)).head });
  }

  /** Whether the log has a record at this position. */
  async #isInLog(position: Position, signal: AbortSignal): Promise<boolean> {
    const ask = async (): Promise<true | undefined> => (await this.ends.isInLog(position, signal)) || undefined;
    return (await this.#onLeaderIfMissing(ask, signal)) === true;
  }

  /**
   * Asks again, on the leader, if nothing was found: another node may lack the record.
   *
   * @throws StoreUnavailable while the node is not the leader.
   */
  async #onLeaderIfMissing<Found>(
    ask: () => Promise<Found | undefined>,
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    const found = await ask();
    if (found !== undefined) return found;
    await this.#context.leadership.check(signal);
    return ask();
  }
}
