import { Deadline, Fault, isFault, rule } from '@login-policy/event-sourcing';
import { TIME_UP, type WaitOptions, within } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { isConnectionLost, isNoPrimary, postgresFault, stateOf } from './faults.js';
import { requestCancel } from './cancel-request.js';
import { answerInTime, ConnectionSilent } from './in-time.js';
import type { ConnectionSource } from './connection-source.js';
import { limitsOf, longestMs, type TimeOuts } from './time-outs.js';
import { PreparedStatements, type Preparation } from './prepared-statements.js';
import { queryRunnerOn, query, type Cell, type Cells, type Value } from './queries.js';
import { askingSession, rowsOfSession } from './reading-session.js';
import { nameOf, type Schema } from './schema.js';
import type { OpenTransaction } from './transaction.js';

type TransactionWork<Result> = (open: OpenTransaction) => Promise<Result>;

/** The error code of a writing function in a transaction of another isolation level. */
const WRONG_ISOLATION = 'LP002';
/** How long a closing store waits for a silent server before it abandons running work. */
const SILENCE_MS = 600;

/** How the store uses connections. */
interface ConnectionOptions {
  readonly timeOuts: TimeOuts;
  readonly prepared: Preparation;
  /**
   * Whether only the store runs statements on the connections (`own`), or the program as well (`shared`). A shared
   * connection's statement is never cancelled, because it could be the program's.
   */
  readonly statements: 'own' | 'shared';
}

/** The store's access to the server: borrows a connection for each piece of work, with time-outs. */
export class Connection {
  readonly name: string;
  readonly timeOuts: TimeOuts;
  readonly source: ConnectionSource;
  readonly #prepared: PreparedStatements;
  readonly #running = new Set<Promise<unknown>>();
  readonly #abandoning = new AbortController();
  readonly #cancel: (client: ClientBase) => void;
  #isClosing = false;

  constructor(source: ConnectionSource, schema: Schema, { timeOuts, prepared, statements }: ConnectionOptions) {
    this.source = source;
    this.name = nameOf(schema);
    this.timeOuts = timeOuts;
    this.#prepared = new PreparedStatements(prepared);
    this.#cancel = statements === 'own' ? requestCancel : () => undefined;
  }

  /**
   * Reads with one statement, on a primary only, and in a session that reads all rows as they are. A broken connection
   * is replaced once, because reading twice is harmless. A connection to a standby is discarded, and so are all idle
   * connections that lead to a standby. When the signal fires, the connection is discarded and the statement cancelled.
   *
   * @throws DeadlineExceeded
   */
  async read(text: string, values: readonly Value[] = [], wait: WaitOptions = {}): Promise<readonly Cells[]> {
    const { signal } = wait;
    const statement = askingSession(text);
    // A standby's connection is discarded because this throws.
    const ask = async (client: ClientBase): Promise<readonly Cells[]> =>
      rowsOfSession(this.name, await this.#query(client, statement, values));
    // It has written nothing, so it is cancelled whenever nobody waits any more: the server would not notice that.
    const isUnwanted = (caught: unknown): boolean =>
      (signal?.aborted === true || caught instanceof ConnectionSilent) && !this.#isClosing;
    let [retriesWhenBroken, retriesOnStandby] = [1, 1 + this.source.idleCount];
    for (;;) {
      try {
        return await this.#useInTime(ask, { signal, isUnwanted });
      } catch (caught) {
        Deadline.throwIfExpired(`reading ${this.name}`, wait);
        // A silent server is not retried, because that would double the wait.
        const isBroken = isConnectionLost(caught) && !(caught instanceof ConnectionSilent);
        const isFinal = isNoPrimary(caught) ? retriesOnStandby-- <= 0 : !isBroken || retriesWhenBroken-- <= 0;
        if (isFinal) throw this.faultOf(caught);
      }
    }
  }

  /** Writes with one statement, in its own transaction. */
  change(text: string, values: readonly Value[] = []): Promise<readonly Cells[]> {
    return this.withFaults(() => this.use((client) => this.#query(client, text, values)));
  }

  /**
   * Runs one piece of work on a connection. Work that takes too long is abandoned here but not cancelled at the server:
   * a commit that is cancelled while it waits for a standby is visible, although the standby may lack it. `signal`
   * cancels the statement, too. It must not fire after a writing statement was sent.
   */
  use<Result>(work: (client: ClientBase) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return this.#useInTime(work, { signal, isUnwanted: () => signal?.aborted === true });
  }

  /** Work that fails and is unwanted then is cancelled at the server. */
  #useInTime<Result>(
    work: (client: ClientBase) => Promise<Result>,
    { signal, isUnwanted }: { signal: AbortSignal | undefined; isUnwanted: (caught: unknown) => boolean },
  ): Promise<Result> {
    const limits = { longestMs: longestMs(this.timeOuts), abandoning: this.#abandoning.signal, signal };
    return this.#use(async (client) => {
      try {
        return await answerInTime(work(client), limits);
      } catch (caught) {
        if (isUnwanted(caught)) this.#cancel(client);
        throw caught;
      }
    }, signal);
  }

  /**
   * {@link use} for work without a time-out. `signal` ends the wait for a connection. `workSignal` abandons the work
   * and discards its connection, so that the server rolls back.
   */
  useUntimed<Result>(
    work: (client: ClientBase) => Promise<Result>,
    signal?: AbortSignal,
    workSignal?: AbortSignal,
  ): Promise<Result> {
    const limits = { longestMs: rule.LONGEST_TIMER_MS, abandoning: this.#abandoning.signal, signal: workSignal };
    const abandonable = (client: ClientBase): Promise<Result> => answerInTime(work(client), limits);
    return this.#use(workSignal === undefined ? work : abandonable, signal);
  }

  /**
   * Waits for running work and the `writing` calls while the server answers. If the server is silent, abandons them
   * within about a second and destroys their connections. Later failures are reported as a closed store.
   */
  async close(writing: Promise<void>): Promise<void> {
    this.#isClosing = true;
    let isWritten = false;
    const written = writing.finally(() => (isWritten = true));
    while (!isWritten || this.#running.size > 0) {
      const end = Promise.allSettled([written, ...this.#running]);
      if ((await within(end, SILENCE_MS)) !== TIME_UP) continue;
      if ((await this.source.askAnew('SELECT', SILENCE_MS)) === undefined) this.#abandoning.abort();
    }
    await written;
  }

  #use<Result>(work: (client: ClientBase) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const using = this.#borrowFor(work, signal);
    const end = (): void => void this.#running.delete(using);
    this.#running.add(using);
    using.then(end, end);
    return using;
  }

  async #borrowFor<Result>(work: (client: ClientBase) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const { client, release } = await this.source.borrow(this.#abandoning.signal, signal);
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
   * Calls a writing function in its own transaction, in one round trip unless the isolation level must be set. The
   * values are computed once a connection is available; without values, nothing is called.
   */
  call(
    text: string,
    valuesOf: () => readonly Cell[] | undefined,
    signal?: AbortSignal,
  ): Promise<readonly Cells[] | undefined> {
    return this.use(async (client) => {
      const values = valuesOf();
      if (values === undefined) return undefined;
      try {
        return await this.#query(client, text, values);
      } catch (caught) {
        if (stateOf(caught) !== WRONG_ISOLATION) throw caught;
      }
      return this.#inTransaction(client, () => query(client, text, values));
    }, signal);
  }

  /**
   * Runs work in a transaction, and commits it when the work succeeds. After a fault of the work itself, the
   * transaction is rolled back, and the connection is kept.
   */
  async transaction<Result>(work: TransactionWork<Result>, signal?: AbortSignal): Promise<Result> {
    const outcome = await this.use(async (client) => {
      const open = { client, queries: queryRunnerOn(client, this.name), openCondition: 'true' };
      try {
        return { result: await this.#inTransaction(client, () => work(open)) };
      } catch (refused) {
        if (!isFault(refused)) throw refused;
        await client.query('ROLLBACK');
        return { refused };
      }
    }, signal);
    if ('refused' in outcome) throw outcome.refused;
    return outcome.result;
  }

  async #query(client: ClientBase, text: string, values: readonly Value[]): Promise<readonly Cells[]> {
    return (await this.#prepared.query(client, text, values)) ?? query(client, text, values);
  }

  async #inTransaction<Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> {
    await client.query(`BEGIN; ${limitsOf(this.timeOuts)}`);
    const result = await work();
    await client.query('COMMIT');
    return result;
  }

  /** Converts an error into a fault of the port. */
  faultOf(caught: unknown): unknown {
    const fault = postgresFault(this.name, caught);
    return this.#isClosing && isFault(fault, 'store-unavailable')
      ? new Fault('store-closed', { store: this.name })
      : fault;
  }

  /** Runs work, and converts its errors with {@link faultOf}. */
  async withFaults<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (caught) {
      throw this.faultOf(caught);
    }
  }
}
