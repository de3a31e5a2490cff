import { isFault } from '@login-policy/event-sourcing';
import { StoreClosed, TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { isConnectionLost, isNoPrimary, postgresFault, stateOf } from './faults.js';
import { requestCancel } from './cancel-request.js';
import type { Lender } from './lenders.js';
import { PreparedStatements, type Preparation } from './prepared-statements.js';
import { OfPrimaries, rowsOfPrimary } from './primaries.js';
import { query, type Cell, type Cells } from './queries.js';

/** How long the store waits, in milliseconds. */
export interface TimeOuts {
  /** For one statement to be done, on the server and here. */
  readonly statementMs: number;
  /** For other writers to be done. */
  readonly lockMs: number;
  /** For a connection out of the pool. */
  readonly connectMs: number;
}

/** How the store uses connections. */
export interface ConnectionWays {
  readonly timeOuts: TimeOuts;
  readonly prepared: Preparation;
}

/** What a function that writes says of a transaction at another level. */
const NOT_FITTING = 'LP002';
const ON_TOP_OF_THE_SERVERS_MS = 1000;
/** How long the server may take to say anything at all, before what is under way is given up. */
const PATIENCE_MS = 600;

/** The way to the server: a connection that is lent for as long as one piece of work takes, and time-outs on all of it. */
export class Connection {
  readonly name: string;
  readonly timeOuts: TimeOuts;
  readonly #lender: Lender;
  readonly #prepared: PreparedStatements;
  readonly #ofPrimaries = new OfPrimaries();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #cut = new AbortController();
  #isClosing = false;

  constructor(lender: Lender, name: string, { timeOuts, prepared }: ConnectionWays) {
    this.#lender = lender;
    this.name = name;
    this.timeOuts = timeOuts;
    this.#prepared = new PreparedStatements(prepared);
  }

  /**
   * Reads by one statement, of a primary alone. A connection that turns out to be broken is replaced once: reading twice does no harm. One that leads
   * to another server is given up, and so is each that is idle, since it may lead there as well.
   */
  async read(text: string, values: readonly unknown[] = []): Promise<readonly Cells[]> {
    const read = (): Promise<readonly Cells[]> =>
      this.patiently((client) => this.#orCancelled(client, this.#askPrimary(client, text, values)));
    let [broken, elsewhere] = [1, 1 + this.#lender.idleCount];
    for (;;) {
      try {
        return await read();
      } catch (caught) {
        const isRefused = isNoPrimary(caught) ? elsewhere-- <= 0 : !isConnectionLost(caught) || broken-- <= 0;
        if (isRefused) throw this.faultOf(caught);
      }
    }
  }

  /** Changes something by one statement, in a transaction of its own. */
  change(text: string, values: readonly unknown[] = []): Promise<readonly Cells[]> {
    return this.faulty(() => this.use((client) => this.#ask(client, text, values)));
  }

  /** How many connections may lead where one that was just given up did. */
  get idleCount(): number {
    return this.#lender.idleCount;
  }

  /**
   * Lends a connection to one piece of work, and gives it back. What takes too long is given up here, and never cancelled at the server: a
   * commit that is cancelled while it waits for a standby is there, and that standby may not have it.
   */
  use<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    return this.#underWayIn(this.#use((client) => this.#inTime(work(client))));
  }

  /** {@link use} for work that may take as long as it takes. */
  patiently<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    return this.#underWayIn(this.#use(work));
  }

  #underWayIn<Result>(using: Promise<Result>): Promise<Result> {
    const end = (): void => void this.#underWay.delete(using);
    this.#underWay.add(using);
    using.then(end, end);
    return using;
  }

  /**
   * Lets what is under way end, and whoever is `writing`, for as long as the server answers at all: on a silent network it is given up within about a
   * second, and its connections are destroyed. What fails from now on, fails because it was closed.
   */
  async close(writing: Promise<void>): Promise<void> {
    this.#isClosing = true;
    let isWritten = false;
    const written = writing.finally(() => (isWritten = true));
    while (!isWritten || this.#underWay.size > 0) {
      const end = Promise.allSettled([written, ...this.#underWay]);
      if ((await within(end, PATIENCE_MS)) !== TIME_UP) continue;
      if (!(await this.#lender.isAnswering(PATIENCE_MS))) this.#cut.abort();
    }
    await written;
  }

  async #use<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    const { client, giveBack } = await this.#lender.lend(this.#cut.signal);
    let failure: Error | undefined;
    // A connection that breaks while nobody waits for an answer says so by an event, which would end the process.
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
      giveBack(failure);
    }
  }

  /** Calls a function that writes, in a transaction of its own: in one round trip, unless another level of those is usual for the role. */
  call(text: string, values: readonly Cell[]): Promise<readonly Cells[]> {
    return this.use(async (client) => {
      try {
        return await this.#ask(client, text, values);
      } catch (caught) {
        if (stateOf(caught) !== NOT_FITTING) throw caught;
      }
      return this.#committed(client, () => query(client, text, values));
    });
  }

  /**
   * Lends a connection in a transaction that is committed when the work ends well. A fault of the work's own is the end of the
   * transaction, and no reason to give the connection up.
   */
  async transaction<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    const outcome = await this.use(async (client) => {
      try {
        return { result: await this.#committed(client, () => work(client)) };
      } catch (refused) {
        if (!isFault(refused)) throw refused;
        await client.query('ROLLBACK');
        return { refused };
      }
    });
    if ('refused' in outcome) throw outcome.refused;
    return outcome.result;
  }

  /** Asks with the same statement whether the server is a primary. @throws NoPrimary */
  async #askPrimary(client: ClientBase, text: string, values: readonly unknown[]): Promise<readonly Cells[]> {
    return rowsOfPrimary(await this.#ask(client, this.#ofPrimaries.statement(text), values));
  }

  async #ask(client: ClientBase, text: string, values: readonly unknown[]): Promise<readonly Cells[]> {
    return (await this.#prepared.query(client, text, values)) ?? query(client, text, values);
  }

  async #committed<Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> {
    await client.query(`BEGIN; ${this.limits()}`);
    const result = await work();
    await client.query('COMMIT');
    return result;
  }

  /** How long a statement waits for other writers: no longer than it may take. */
  longestWait(): string {
    const { statementMs, lockMs } = this.timeOuts;
    return String(Math.min(statementMs, lockMs));
  }

  /**
   * For the beginning of a transaction: what follows sees what others committed, whatever is usual for the role, and the server
   * gives up, too, also on a transaction whose next statement never comes. All of it ends with the transaction, also behind a pooler.
   */
  limits(): string {
    const { statementMs, lockMs } = this.timeOuts;
    return `${this.isolation()} SET LOCAL statement_timeout = ${statementMs};
      SET LOCAL lock_timeout = ${lockMs};
      SET LOCAL idle_in_transaction_session_timeout = ${statementMs + ON_TOP_OF_THE_SERVERS_MS};`;
  }

  /** For the beginning of a transaction that may take as long as it takes. */
  isolation(): string {
    return 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED;';
  }

  /** What was caught, in the words of the port. */
  faultOf(caught: unknown): unknown {
    const fault = postgresFault(this.name, caught);
    return this.#isClosing && isFault(fault, 'store-unavailable') ? new StoreClosed({ store: this.name }) : fault;
  }

  /** Does something, with whatever is thrown in the words of the port. */
  async faulty<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (caught) {
      throw this.faultOf(caught);
    }
  }

  /** For reads: the server does not notice by itself that nobody waits for the answer any more. */
  async #orCancelled<Result>(client: ClientBase, reading: Promise<Result>): Promise<Result> {
    try {
      return await this.#inTime(reading);
    } catch (caught) {
      if (caught instanceof ConnectionSilent && !this.#isClosing) requestCancel(client);
      throw caught;
    }
  }

  async #inTime<Result>(work: Promise<Result>): Promise<Result> {
    const { statementMs, lockMs } = this.timeOuts;
    const longest = Math.max(statementMs, lockMs) + ON_TOP_OF_THE_SERVERS_MS;
    const result = await within(work, longest, this.#cut.signal);
    if (result === TIME_UP) throw new ConnectionSilent(longest);
    return result;
  }
}

/** The server said nothing at all for longer than it should take to give up: the connection is not used again. */
export class ConnectionSilent extends Error {
  readonly code = 'ETIMEDOUT';
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}
