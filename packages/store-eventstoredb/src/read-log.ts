import { Fault, laterPosition, type Position, START } from '@login-policy/event-sourcing';
import {
  type EventFilter,
  type LogRange,
  onAbort,
  type ReadAhead,
  type ReadAllOptions,
} from '@login-policy/event-sourcing/store';
import { connectionBroke, isInternalError } from './faults.js';
import { LogQueries } from './log-queries.js';
import type { LogLook, LogReader, Place } from './log.js';
import { PageMaker } from './page-maker.js';
import type { AllRead } from './requests.js';
import type { ReadingContext, ServerRead } from './server-reads.js';
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

/** How far a read went. */
interface Reached {
  /** All up to here was read: the end of a whole append. */
  readonly head: Position;
  /** When the leader was asked for it; `-Infinity` when it was not. */
  readonly askedAt: number;
  /** A record of any store. The reader wants nothing between the end of its read and this one. */
  readonly mark: Place | undefined;
}

/** Where a reader that follows the log reads on with one call. */
interface Cursor {
  readonly reached: Position;
  readonly mark: Place;
}

const NOTHING_READ: Reached = { head: START, askedAt: -Infinity, mark: undefined };

/**
 * Each time after so many reads, the end of the log is looked up: the mark moves to it, and the read to events of other
 * processes that its filter does not want.
 */
const LOOK_EVERY = 20;

/**
 * Reads the whole log page by page up to its head, filtered by the server, and then up to the next head. One that
 * follows reads on with one call each time, which proves no head. After a broken connection it continues where it was.
 * While the server is unavailable, it retries for `retryMs`; for one that follows, that is 0.
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
  #reached: Reached = NOTHING_READ;
  #cursor: Cursor | undefined;
  #reads = 0;

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
    const { askedAt, head, mark } = this.#reached;
    // An incomplete append must be read again, so its beginning does not count as scanned.
    const scannedUpTo = hasIncomplete ? returnedUpTo : laterPosition(returnedUpTo, head);
    if (mark !== undefined && !hasIncomplete) this.#cursor = { reached: scannedUpTo, mark };
    return { events, scannedUpTo, reachedHead: true, askedAt };
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
    while (!this.#cancellation.isCancelled()) {
      try {
        this.#reached = NOTHING_READ;
        const isDone = yield* this.#pagesFromCursor(maker);
        if (!isDone) yield* this.#pagesToHead(maker);
        return;
      } catch (error) {
        if (!this.#cancellation.isCancelled()) await this.#retries.waitAfter(error);
      }
    }
  }

  /**
   * Reads on from the cursor with one call. Its mark is read again, which shows that the log is the same, and so is the
   * event at the position, where another process has moved the rows past the cursor. `false` when there is no cursor,
   * either is not in the log, or an incomplete append is at its end: a read up to a known end must follow.
   */
  async *#pagesFromCursor(maker: PageMaker): AsyncGenerator<Page, boolean, undefined> {
    const cursor = this.#cursor;
    this.#cursor = undefined;
    const after = maker.returnedUpTo;
    if (cursor === undefined || cursor.reached > after) return false;
    let isInLog = cursor.reached === after;
    const { goal, read } = await this.#readFrom(cursor.mark);
    let mark: Place | undefined;
    try {
      for await (const records of this.#queries.records(read, this.#options)) {
        if (mark === undefined && records[0]?.position !== cursor.mark.position) return false;
        mark = records.at(-1);
        isInLog ||= records.some(({ position }) => position === after);
        if (!isInLog && mark !== undefined && mark.position > after) return false;
        yield* this.#pagesIn(maker, records);
        if (records.some(({ position }) => position === goal?.position))
          this.#reached = { ...NOTHING_READ, head: goal?.position ?? START };
      }
    } catch (error) {
      if (isInternalError(error)) return false;
      throw error;
    }
    if (mark === undefined || !isInLog || maker.hasIncomplete) return this.#cancellation.isCancelled();
    this.#retries.reset();
    this.#reached = { ...this.#reached, mark };
    yield* this.#rest(maker);
    return true;
  }

  /** The read from a mark, which also returns the mark, and the last known event of this store. */
  async #readFrom(mark: Place): Promise<{ readonly goal: Place | undefined; readonly read: AllRead }> {
    const { log, names } = this.#context;
    const { position: from } = mark;
    this.#reads += 1;
    const end = this.#reads % LOOK_EVERY === 0 ? await log.ends.look(START, this.#cancellation.signal) : undefined;
    const goal = log.ends.last;
    const besides = [mark, goal, end?.mark].flatMap((place) =>
      place && place.position >= from ? place.streamName : [],
    );
    const filter = names.serverFilter(this.#filter, ...besides);
    return { goal, read: { direction: 'forwards', from, filter, limit: Infinity } };
  }

  /** Reads up to the end of the log, which is looked up first. */
  async *#pagesToHead(maker: PageMaker): AsyncGenerator<Page, void, undefined> {
    const { barrier, connection, timeouts } = this.#context;
    const { signal } = this.#cancellation;
    // A broken connection may lead to a node that lacks the end of the log.
    const shown = this.#isFollowed ? undefined : await barrier.pass(signal);
    const isSameConnection = shown?.isSameConnection ?? (await connection.identify(timeouts.readMs, signal));
    const from = maker.returnedUpTo;
    const found = await (shown === undefined
      ? this.#look(from)
      : this.#context.log.ends.proveHeadAfter(shown, from, signal));
    const { head, isInLog } = found;
    if (!isInLog && !this.#cancellation.isCancelled()) throw new Fault('position-unknown', { position: from, head });
    if (this.#filter?.categories.length !== 0) yield* this.#pagesUpTo(found, maker, isSameConnection);
    if (!this.#cancellation.isCancelled() && !isSameConnection()) throw connectionBroke('reading the log');
    const { mark } = this.#reached;
    this.#reached = { head, askedAt: shown?.askedAt ?? -Infinity, mark: this.#isFollowed ? mark : undefined };
  }

  /** A node that lags may lack the position: only the leader's word shows that it is lost. */
  async #look(position: Position): Promise<LogLook> {
    const { ends } = this.#context.log;
    const { signal } = this.#cancellation;
    const found = await ends.look(position, signal);
    return found.isInLog ? found : ends.proveHead(position, signal);
  }

  /**
   * @throws StoreUnavailable when the connection broke after the position was looked up, because the records may then
   * be those of a server that was restored from a backup, where the position is lost.
   */
  async *#pagesUpTo(
    { last, mark }: LogLook,
    maker: PageMaker,
    isSameConnection: () => boolean,
  ): AsyncGenerator<Page, void, undefined> {
    const from = maker.returnedUpTo;
    maker.discardUnreturned();
    // The event at the head is read whatever the filter: without it, the server has ended the read too early.
    const besides = last !== undefined && last.position > from ? [last.streamName] : [];
    const filter = this.#context.names.serverFilter(this.#filter, ...besides);
    const read: AllRead = { direction: 'forwards', from, filter, limit: Infinity };
    let end = mark;
    for await (const records of this.#queries.upTo(last?.position ?? START, read, this.#options)) {
      if (!isSameConnection()) throw connectionBroke('reading the log');
      const received = records.at(-1);
      if (received !== undefined && (end === undefined || received.position > end.position)) end = received;
      yield* this.#pagesIn(maker, records);
      if (maker.receivedUpTo > from) this.#retries.reset();
    }
    if (this.#cancellation.isCancelled()) return;
    this.#retries.reset();
    this.#reached = { ...NOTHING_READ, mark: end };
    maker.cutOffOverdue();
    yield* this.#rest(maker);
  }

  get #options(): Omit<ServerRead, 'request'> {
    const { signal } = this.#cancellation;
    return { pageSize: this.#pageSize, signal, withinMs: this.#context.timeouts.scanMs };
  }

  /** The pages that these records complete. */
  *#pagesIn(maker: PageMaker, records: Parameters<PageMaker['add']>[0]): Generator<Page, void, undefined> {
    maker.add(records);
    while (maker.readyCount >= this.#pageSize) yield this.#nextPage(maker);
  }

  *#rest(maker: PageMaker): Generator<Page, void, undefined> {
    while (maker.readyCount > 0) yield this.#nextPage(maker);
  }

  #nextPage(maker: PageMaker): Page {
    const page = maker.nextPage(this.#pageSize);
    this.#context.log.ends.note(page.at(-1)?.event);
    return page;
  }
}
