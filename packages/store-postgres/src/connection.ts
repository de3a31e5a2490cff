import { isFault } from '@login-policy/event-sourcing';
import { LONGEST_TIMER_MS } from '@login-policy/event-sourcing/options';
import { Fault, throwIfExpired, TIME_UP, within, type WaitOptions } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { isConnectionLost, isNoPrimary, postgresFault, stateOf } from './faults.js';
import { requestCancel } from './cancel-request.js';
import { answerInTime, ConnectionSilent } from './in-time.js';
import type { ConnectionSource } from './connection-source.js';
import type { ConnectionWays } from './connection-ways.js';
import { limitsOf, longestMs, type TimeOuts } from './time-outs.js';
import { PreparedStatements } from './prepared-statements.js';
import { PrimaryCheck, rowsOfPrimary } from './primaries.js';
import { queryRunnerOn, query, type Cell, type Cells } from './queries.js';
import type { OpenTransaction } from './transaction.js';

type InTransaction<Result> = (open: OpenTransaction) => Promise<Result>;

/** The error code of a writing function in a transaction of another isolation level. */
const NOT_FITTING = 'LP002';
/** How long the server may stay silent before running work is given up. */
const TIMEOUT_MS = 600;

/** The connection pool of the store: lends a connection for each piece of work, with time-outs. */
export class Connection {
  readonly name: string;
  readonly timeOuts: TimeOuts;
  readonly #source: ConnectionSource;
  readonly #prepared: PreparedStatements;
  readonly #ofPrimaries = new PrimaryCheck();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #cut = new AbortController();
  readonly #cancel: (client: ClientBase) => void;
  #isClosing = false;

  constructor(source: ConnectionSource, name: string, { timeOuts, prepared, statements }: ConnectionWays) {
    this.#source = source;
    this.name = name;
    this.timeOuts = timeOuts;
    this.#prepared = new PreparedStatements(prepared);
    this.#cancel = statements === 'own' ? requestCancel : () => undefined;
  }

  /**
   * Reads with one statement, on a primary only. A broken connection is replaced once, because reading twice is
   * harmless. A connection to another server is discarded, and so are all idle ones, which may lead there, too. When
   * the signal fires, the connection is discarded and the statement cancelled.
   *
   * @throws DeadlineExceeded
   */
  async read(text: string, values: readonly unknown[] = [], wait: WaitOptions = {}): Promise<readonly Cells[]> {
    const { signal } = wait;
    const read = (): Promise<readonly Cells[]> =>
      this.useUntimed((client) => this.#orCancelled(client, this.#askPrimary(client, text, values), signal), signal);
    let [broken, elsewhere] = [1, 1 + this.#source.idleCount];
    for (;;) {
      try {
        return await read();
      } catch (caught) {
        throwIfExpired(`reading ${this.name}`, wait);
        // A server that was silent once will be again: a retry would double the wait.
        const isBroken = isConnectionLost(caught) && !(caught instanceof ConnectionSilent);
        const isRefused = isNoPrimary(caught) ? elsewhere-- <= 0 : !isBroken || broken-- <= 0;
        if (isRefused) throw this.faultOf(caught);
      }
    }
  }

  /** Writes with one statement, in its own transaction. */
  change(text: string, values: readonly unknown[] = []): Promise<readonly Cells[]> {
    return this.withFaults(() => this.use((client) => this.#ask(client, text, values)));
  }

  /** How many connections may lead to the same server as the discarded one. */
  get idleCount(): number {
    return this.#source.idleCount;
  }

  /**
   * Lends a connection for one piece of work. Work that takes too long is given up here but never cancelled at the
   * server: a commit cancelled while it waits for a standby is visible, although that standby may lack it. `abandoned`
   * only fires before anything was sent that writes; the statement is then cancelled.
   */
  use<Result>(work: (client: ClientBase) => Promise<Result>, abandoned?: AbortSignal): Promise<Result> {
    return this.#underWayIn(
      this.#use(async (client) => {
        try {
          return await this.#inTime(work(client), abandoned);
        } catch (caught) {
          if (abandoned?.aborted === true) this.#cancel(client);
          throw caught;
        }
      }, abandoned),
    );
  }

  /**
   * {@link use} for work without a time-out. The signal ends the wait for a connection; `ended` gives the work up and
   * discards its connection, so that the server rolls back.
   */
  useUntimed<Result>(
    work: (client: ClientBase) => Promise<Result>,
    signal?: AbortSignal,
    ended?: AbortSignal,
  ): Promise<Result> {
    const limits = { longestMs: LONGEST_TIMER_MS, cut: this.#cut.signal, signal: ended };
    const untilEnded = (client: ClientBase): Promise<Result> => answerInTime(work(client), limits);
    return this.#underWayIn(this.#use(ended === undefined ? work : untilEnded, signal));
  }

  #underWayIn<Result>(using: Promise<Result>): Promise<Result> {
    const end = (): void => void this.#underWay.delete(using);
    this.#underWay.add(using);
    using.then(end, end);
    return using;
  }

  /**
   * Completes running work and the `writing` calls while the server answers. On a silent network, they are given up
   * within about a second and their connections destroyed. Later failures are reported as a closed store.
   */
  async close(writing: Promise<void>): Promise<void> {
    this.#isClosing = true;
    let isWritten = false;
    const written = writing.finally(() => (isWritten = true));
    while (!isWritten || this.#underWay.size > 0) {
      const end = Promise.allSettled([written, ...this.#underWay]);
      if ((await within(end, TIMEOUT_MS)) !== TIME_UP) continue;
      if (!(await this.#source.isAnswering(TIMEOUT_MS))) this.#cut.abort();
    }
    await written;
  }

  async #use<Result>(work: (client: ClientBase) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const { client, release } = await this.#source.borrow(this.#cut.signal, signal);
    let failure: Error | undefined;
    // A connection that breaks while idle emits an error, which would end the process.
    const onError = (error: Error): void => {
      failure = error;
    };
    client.on('error', onError);
    try {
      return await work(client);
    } catch (caught) {
      failure = caught instanceof Error ? caught : new Error(String(caught));
      throw caught;
    } finally {
      client.off('error', onError);
      release(failure);
    }
  }

  /**
   * Calls a writing function in its own transaction: in one round trip, unless the role's default isolation level is
   * another.
   */
  async call(text: string, values: readonly Cell[]): Promise<readonly Cells[]> {
    return (await this.callAs(text, () => values)) ?? [];
  }

  /** {@link call} with values that are computed once there is a connection; without values, nothing is called. */
  callAs(
    text: string,
    valuesOf: () => readonly Cell[] | undefined,
    abandoned?: AbortSignal,
  ): Promise<readonly Cells[] | undefined> {
    return this.use(async (client) => {
      const values = valuesOf();
      if (values === undefined) return undefined;
      try {
        return await this.#ask(client, text, values);
      } catch (caught) {
        if (stateOf(caught) !== NOT_FITTING) throw caught;
      }
      return this.#committed(client, () => query(client, text, values));
    }, abandoned);
  }

  /**
   * Lends a connection in a transaction that is committed when the work succeeds. A fault of the work itself ends the
   * transaction, but the connection is kept.
   */
  async transaction<Result>(work: InTransaction<Result>, abandoned?: AbortSignal): Promise<Result> {
    const outcome = await this.use(async (client) => {
      const open = { client, queries: queryRunnerOn(client, this.name), openCondition: 'true' };
      try {
        return { result: await this.#committed(client, () => work(open)) };
      } catch (refused) {
        if (!isFault(refused)) throw refused;
        await client.query('ROLLBACK');
        return { refused };
      }
    }, abandoned);
    if ('refused' in outcome) throw outcome.refused;
    return outcome.result;
  }

  /** Also asks, in the same statement, whether the server is a primary. @throws NoPrimary */
  async #askPrimary(client: ClientBase, text: string, values: readonly unknown[]): Promise<readonly Cells[]> {
    return rowsOfPrimary(await this.#ask(client, this.#ofPrimaries.statement(text), values));
  }

  async #ask(client: ClientBase, text: string, values: readonly unknown[]): Promise<readonly Cells[]> {
    return (await this.#prepared.query(client, text, values)) ?? query(client, text, values);
  }

  async #committed<Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> {
    await client.query(`BEGIN; ${limitsOf(this.timeOuts)}`);
    const result = await work();
    await client.query('COMMIT');
    return result;
  }

  /** The caught error as a fault of the port. */
  faultOf(caught: unknown): unknown {
    const fault = postgresFault(this.name, caught);
    return this.#isClosing && isFault(fault, 'store-unavailable')
      ? new Fault('store-closed', { store: this.name })
      : fault;
  }

  /** Runs work, and throws its errors as faults of the port. */
  async withFaults<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (caught) {
      throw this.faultOf(caught);
    }
  }

  /**
   * For work that has not written anything: cancels it, because the server does not notice that nobody waits for its
   * answer.
   */
  async #orCancelled<Result>(client: ClientBase, work: Promise<Result>, signal?: AbortSignal): Promise<Result> {
    try {
      return await this.#inTime(work, signal);
    } catch (caught) {
      const isLeft = signal?.aborted === true || caught instanceof ConnectionSilent;
      if (isLeft && !this.#isClosing) this.#cancel(client);
      throw caught;
    }
  }

  #inTime<Result>(work: Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return answerInTime(work, { longestMs: longestMs(this.timeOuts), cut: this.#cut.signal, signal });
  }
}
