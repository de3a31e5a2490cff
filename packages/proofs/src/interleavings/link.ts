import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault, type Position, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import {
  AnswerLost,
  type Backend,
  type ConsumerBackend,
  type Found,
  type LogRange,
  type ModelTarget,
  onAbort,
  type Plan,
  type Planned,
  type Question,
  type ReadAhead,
  type ReadStreamsOptions,
  type StreamPage,
  type StreamPart,
  type StreamReceipt,
  type Transacted,
  type Transaction,
  type WaitOptions,
  type WantedRows,
} from '@login-policy/event-sourcing/store';
import type { Chance } from '../attacks/chance.js';
import type { SharedLog } from './shared-log.js';

/** How a round's database behaves. */
export interface Conditions {
  /** The most turns of the event loop that a call waits, before and after its work. */
  slow: number;
  /** One call in so many fails, before or after its work; 0: none. The round sets it to 0 at its end. */
  failing: number;
  /** One write in so many loses its answer, and half of these are not written; 0: none, as at the end of the round. */
  losing: number;
  /** Whether own writes keep the token of the cache, as on SQLite. */
  readonly ownWritesKeepToken: boolean;
}

type FoundRows = Awaited<ReturnType<Backend['query']>>;

/** One process's connection to the shared log: it delays calls, fails, and loses answers. */
export class Link implements Backend {
  readonly name = 'interleavings';
  readonly form = 'text';
  readonly consumers: ConsumerBackend;
  readonly #log: SharedLog;
  readonly #chance: Chance;
  readonly #conditions: Conditions;
  readonly #closing = new AbortController();
  /** The number of writes by this connection. */
  #ownWrites = 0;
  #tokenAfterWrite: unknown;

  constructor(log: SharedLog, chance: Chance, conditions: Conditions) {
    this.#log = log;
    this.#chance = chance;
    this.#conditions = conditions;
    this.consumers = {
      lookUp: (names, wait) => this.#call(wait, () => log.consumers.lookUp(names)),
      put: (...args) => this.#call(undefined, () => log.consumers.put(...args)),
      beat: (session, count) => this.#call(undefined, () => log.consumers.beat(session, count)),
      forget: (session) => this.#call(undefined, () => log.consumers.forget(session)),
    };
  }

  async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    await this.#before(transaction.signal);
    if (this.#closing.signal.aborted) throw new Fault('store-closed', { store: this.name });
    const isLost = this.#oneIn(this.#conditions.losing);
    const isWritten = !isLost || this.#chance.oneIn(2);
    const { fromCache } = transaction;
    const cached = fromCache !== undefined && fromCache.token === this.token() ? fromCache.plan() : undefined;
    const plannedFromCache = cached !== undefined && (!isWritten || (await this.#writeCached(transaction, cached)));
    const planned = plannedFromCache ? cached : await this.#writeLookedUp(transaction, isWritten);
    const token = this.#tokenAfterWrite;
    if (isLost) throw new AnswerLost(this.#unavailable('lost'), this.#chance.oneIn(2) ? 'try-again' : 'give-up');
    if (!this.#conditions.ownWritesKeepToken) await this.#delay(undefined);
    return { ...planned, token, plannedFromCache };
  }

  async findWritten(plan: Plan): Promise<boolean> {
    await this.#after();
    return this.#log.wasWritten(plan);
  }

  async lookUp(question: Question, wait?: WaitOptions): Promise<Found> {
    return this.#call(wait, async () => {
      const token = this.token();
      return { ...(await this.#log.database.lookUp(question)), token };
    });
  }

  query(target: ModelTarget, query: WantedRows, wait?: WaitOptions): Promise<FoundRows> {
    return this.#call(wait, () => this.#log.database.query(target, query));
  }

  readStream(streamId: StreamId, part: StreamPart, wait?: WaitOptions): Promise<StreamPage> {
    return this.#call(wait, () => this.#log.database.readStream(streamId, part));
  }

  readLog(after: Position, range: LogRange, wait?: WaitOptions): Promise<ReadAhead> {
    return this.#call(wait, () => this.#log.database.readLog(after, range));
  }

  async *readStreams(
    options: ReadStreamsOptions & { readonly pageSize: number },
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    for await (const page of this.#log.database.readStreams(options)) {
      await this.#before(options.signal);
      yield page;
    }
  }

  readReceipts(pageSize: number, wait?: WaitOptions): AsyncIterable<readonly StreamReceipt[]> {
    return this.#log.database.readReceipts(pageSize, wait);
  }

  openModel(name: string, wait?: WaitOptions): Promise<void> {
    return this.#call(wait, () => this.#asOwn(() => this.#log.openModel(name)));
  }

  beginShadow(name: string, wait?: WaitOptions): Promise<string> {
    return this.#call(wait, () => this.#asOwn(() => this.#log.beginShadow(name)));
  }

  async changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    const closing = new Promise<void>((resolve) => onAbort(this.#closing.signal, resolve));
    await Promise.race([this.#log.database.changed(signal, withinMs), closing]);
  }

  async close(runningAppends?: Promise<void>): Promise<void> {
    await runningAppends;
    this.#closing.abort();
  }

  /** Tells the state of the log from any other; `undefined` where nothing is cached. */
  protected token(): number | undefined {
    return undefined;
  }

  protected countedToken(): number {
    return this.#log.version - (this.#conditions.ownWritesKeepToken ? this.#ownWrites : 0);
  }

  /** Writes a plan from the cache, unless a revision or a receipt exists: a database has constraints for that. */
  async #writeCached<Result>({ writes }: Transaction<Result>, planned: Planned<Result>): Promise<boolean> {
    const { appends, headBefore } = planned.plan;
    const receipts = appends.flatMap(({ append: { receipt, streamId } }) =>
      receipt ? [{ streamId, key: receipt.key }] : [],
    );
    const isTaken = ({ revision, streamId }: RecordedEvent): boolean =>
      Number(revision) < this.#log.ofStream(streamId).length;
    const nothing: Plan = { headBefore, head: headBefore, appends: [], models: [] };
    const { result } = await this.#asOwn(() =>
      this.#log.transact<boolean>({
        question: { streams: [], receipts, models: [] },
        writes,
        plan: (found) =>
          found.receipts.length !== 0 || appends.some(({ recorded }) => recorded.some(isTaken))
            ? { plan: nothing, result: false }
            : { plan: planned.plan, result: true },
      }),
    );
    return result;
  }

  async #writeLookedUp<Result>(transaction: Transaction<Result>, isWritten: boolean): Promise<Planned<Result>> {
    let planned: Planned<Result> | undefined;
    const { question, writes } = transaction;
    const plan = (found: Found): Planned<Result> => {
      planned = transaction.plan(found);
      if (!isWritten) throw NOT_WRITTEN;
      return planned;
    };
    await this.#asOwn(() => this.#log.transact({ question, writes, plan })).catch((caught: unknown) => {
      if (caught !== NOT_WRITTEN) throw caught;
    });
    if (planned === undefined) throw new Error('nothing was planned');
    return planned;
  }

  /** Counts what this connection writes. The shared log writes before it pauses for the first time. */
  #asOwn<Result>(work: () => Promise<Result>): Promise<Result> {
    const { version } = this.#log;
    const working = work();
    this.#ownWrites += this.#log.version - version;
    this.#tokenAfterWrite = this.token();
    return working;
  }

  async #call<Result>(wait: WaitOptions | undefined, work: () => Promise<Result>): Promise<Result> {
    await this.#before(wait?.signal);
    const result = await work();
    await this.#after(wait?.signal);
    return result;
  }

  async #before(signal: AbortSignal | undefined): Promise<void> {
    await this.#delay(signal);
    if (signal?.aborted === true) throw new Fault('deadline-exceeded', { doing: 'waiting' });
    if (this.#oneIn(this.#conditions.failing)) throw this.#unavailable('failed before its work');
  }

  async #after(signal?: AbortSignal): Promise<void> {
    await this.#delay(signal);
    if (this.#oneIn(this.#conditions.failing)) throw this.#unavailable('failed after its work');
  }

  async #delay(signal: AbortSignal | undefined): Promise<void> {
    const turns = this.#chance.oneIn(2) ? 0 : this.#chance.below(this.#conditions.slow);
    for (let turn = 0; turn < turns && signal?.aborted !== true; turn++)
      await (this.#chance.oneIn(2) ? null : nextTurn());
  }

  #oneIn(times: number): boolean {
    return times > 0 && this.#chance.oneIn(times);
  }

  #unavailable(problem: string): Fault<'store-unavailable'> {
    return new Fault('store-unavailable', { store: this.name, problem });
  }
}

const NOT_WRITTEN = new Error('not written');

/** A connection whose store may plan from its cache. */
export class CachedLink extends Link {
  protected override token(): number {
    return this.countedToken();
  }

  isCurrent(token: unknown): boolean {
    return token === this.token();
  }
}
