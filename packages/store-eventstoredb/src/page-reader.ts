import { Fault, laterPosition, type Position, START } from '@login-policy/event-sourcing';
import {
  type EventFilter,
  type HeadProof,
  type LogRange,
  onAbort,
  type ReadAhead,
  type ReadAllOptions,
} from '@login-policy/event-sourcing/store';
import type { Shown } from './barrier.js';
import { connectionBroke } from './faults.js';
import { LogQueries } from './log-queries.js';
import type { LogReader } from './log.js';
import { PageMaker } from './page-maker.js';
import type { AllRead } from './requests.js';
import type { ReadingContext } from './server-reads.js';
import { PAGE_SIZE, type Page } from './read-stream.js';
import { Cancellation, Retries } from './time.js';

/** The context of a reader that follows the log. */
export interface FollowingContext extends ReadingContext {
  readonly log: LogReader;
}

/** The options of a page reader. */
type PageReaderOptions = ReadAllOptions & Pick<LogRange, 'isFollowed'>;

/** A read in progress, up to the end of the log. It may take several server calls. */
interface Run {
  readonly maker: PageMaker;
  readonly pages: AsyncIterator<Page, void, undefined>;
  /** Read ahead, because a page must say whether it is the last one. */
  nextPage: IteratorResult<Page, void>;
}

/**
 * Reads the whole log page by page up to its head, filtered by the server, and then up to the next head. After a broken
 * connection it continues where it was. While the server is unavailable, it retries for `retryMs`.
 */
export class PageReader {
  readonly #context: FollowingContext;
  readonly #queries: LogQueries;
  readonly #filter: EventFilter | undefined;
  readonly #isFollowed: boolean;
  readonly #pageSize: number;
  readonly #cancellation: Cancellation;
  readonly #retries: Retries;
  #run: Run | undefined;
  /** The head that the read includes: the last one asked for, so present once a page was read. */
  #proof: HeadProof | undefined;

  constructor(
    context: FollowingContext,
    { filter, isFollowed = false, signal, pageSize = PAGE_SIZE }: PageReaderOptions,
    retryMs: number,
  ) {
    this.#isFollowed = isFollowed;
    this.#context = context;
    this.#queries = new LogQueries(context);
    this.#filter = filter;
    this.#pageSize = pageSize;
    this.#cancellation = new Cancellation(context.closing, { signal });
    onAbort(signal, () => this.#cancellation.dispose());
    this.#retries = new Retries('reading the log', retryMs, this.#cancellation.signal);
  }

  /**
   * The next page. `after` counts only for the first page up to a head; the others follow one another. `reachedHead` is
   * true for the last page, which may be empty.
   *
   * @throws PositionUnknown when the log has no event at `after`.
   */
  async read(after: Position): Promise<ReadAhead> {
    const run = this.#run ?? (await this.#start(after));
    this.#run = undefined;
    const { value: page } = run.nextPage;
    if (page !== undefined) run.nextPage = await run.pages.next();
    const events = page?.map(({ event }) => event) ?? [];
    if (run.nextPage.done !== true) {
      this.#run = run;
      return { events, scannedUpTo: events.at(-1)?.position ?? after, reachedHead: false };
    }
    const { returnedUpTo, hasIncomplete } = run.maker;
    const { head = START, askedAt = -Infinity } = this.#proof ?? {};
    // An incomplete append must be read again, so its beginning does not count as scanned.
    return {
      events,
      scannedUpTo: hasIncomplete ? returnedUpTo : laterPosition(returnedUpTo, head),
      reachedHead: true,
      askedAt,
    };
  }

  /** All pages from the start of the log up to its current end, with the receipts of their events. */
  async *pages(): AsyncGenerator<Page, void, undefined> {
    try {
      yield* this.#pagesOf(new PageMaker(this.#context, this.#filter, START));
    } finally {
      this.#cancellation.dispose();
    }
  }

  async #start(after: Position): Promise<Run> {
    this.#proof = undefined;
    const maker = new PageMaker(this.#context, this.#filter, after);
    const pages = this.#pagesOf(maker);
    return { maker, pages, nextPage: await pages.next() };
  }

  /**
   * The pages of a read, from the position of its page maker. At the end of the log, an incomplete append stays in the
   * page maker.
   *
   * @throws PositionUnknown when the log has another record at this position, or none.
   */
  async *#pagesOf(maker: PageMaker): AsyncGenerator<Page, void, undefined> {
    const { barrier } = this.#context;
    const cancellation = this.#cancellation;
    while (!cancellation.isCancelled()) {
      try {
        // A broken connection may lead to a node that lacks the end of the log.
        const shown = this.#isFollowed ? this.#assumed() : await barrier.pass(cancellation.signal);
        const { isSameConnection } = shown;
        this.#proof = await this.#headAfter(shown, maker.returnedUpTo);
        const { checkpoint: position, head, isInLog } = this.#proof;
        if (!isInLog && !cancellation.isCancelled()) throw new Fault('position-unknown', { position, head });
        if (this.#filter?.categories.length === 0) return;
        yield* this.#pagesOnce(maker, head, isSameConnection);
        if (!cancellation.isCancelled() && !isSameConnection()) throw connectionBroke('reading the log');
        return;
      } catch (error) {
        await this.#retries.waitAfter(error);
      }
    }
  }

  /** The connected node, whether or not it leads. */
  #assumed(): Shown {
    const { connection } = this.#context;
    const { currentId } = connection;
    return { askedAt: -Infinity, isSameConnection: () => connection.currentId === currentId };
  }

  async #headAfter(shown: Shown, position: Position): Promise<HeadProof> {
    const { ends } = this.#context.log;
    const { signal } = this.#cancellation;
    if (!this.#isFollowed) return ends.proveHeadAfter(shown, position, signal);
    const found = await ends.look(position, signal);
    // A node that lags may lack it: only the leader's word shows that it is lost.
    return found.isInLog ? { askedAt: -Infinity, checkpoint: position, ...found } : ends.proveHead(position, signal);
  }

  /**
   * @throws StoreUnavailable when the connection broke after the position was looked up, because the records may then
   * be those of a server that was restored from a backup, where the position is lost.
   */
  async *#pagesOnce(
    maker: PageMaker,
    head: Position,
    isSameConnection: () => boolean,
  ): AsyncGenerator<Page, void, undefined> {
    const { log, names, timeouts } = this.#context;
    const [filter, pageSize, { signal }] = [this.#filter, this.#pageSize, this.#cancellation];
    const from = maker.returnedUpTo;
    maker.discardUnreturned();
    // The event at the head is read whatever the filter: without it, the server has ended the read too early.
    const last = filter && head > from ? await log.ends.at(head, signal) : undefined;
    const serverFilter = names.serverFilter(filter, last?.streamName);
    const read: AllRead = { direction: 'forwards', from, filter: serverFilter, limit: Infinity };
    for await (const records of this.#queries.upTo(head, read, { pageSize, signal, withinMs: timeouts.scanMs })) {
      if (!isSameConnection()) throw connectionBroke('reading the log');
      maker.add(records);
      if (maker.receivedUpTo > from) this.#retries.reset();
      while (maker.readyCount >= pageSize) yield this.#nextPage(maker);
    }
    if (this.#cancellation.isCancelled()) return;
    maker.cutOffOverdue();
    while (maker.readyCount > 0) yield this.#nextPage(maker);
  }

  #nextPage(maker: PageMaker): Page {
    const page = maker.nextPage(this.#pageSize);
    this.#context.log.ends.note(page.at(-1)?.event.position);
    return page;
  }
}
