import {
  DeadlineExceeded,
  OutcomeUnknown,
  StoreClosed,
  tell,
  type Append,
  type Observe,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import type { AppendTransaction } from './append-transaction.js';
import { Appended } from './appended.js';
import type { Connection, Ending } from './connection.js';
import { toFault } from './faults.js';
import { prepareAppend, type PreparedAppend } from './prepared-append.js';

interface Waiting {
  readonly append: PreparedAppend;
  readonly resolve: (recorded: readonly RecordedEvent[]) => void;
  readonly reject: (fault: unknown) => void;
  /** Whether its caller has given up and been told so. */
  isGivenUp: boolean;
}

/** What became of an append inside its group. */
type Outcome = { readonly recorded: readonly RecordedEvent[] } | { readonly fault: unknown };

const LARGEST_GROUP = 512;

/**
 * Writes the appends that wait in one transaction, so that they share one sync to disk. It begins in the next turn of
 * the event loop: one append alone waits for nobody, and those that come while a group is synced make the next.
 */
export class GroupCommit {
  readonly #connection: Connection;
  readonly #transaction: AppendTransaction;
  readonly #appended: Appended;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #isClosing = false;
  readonly #observe: Observe | undefined;

  constructor(connection: Connection, transaction: AppendTransaction, observe: Observe | undefined) {
    this.#connection = connection;
    this.#transaction = transaction;
    this.#observe = observe;
    this.#appended = new Appended(connection.database);
  }

  /** Resolves when the append is committed, rejects when it is refused or its group could not be written. */
  async append(append: Append): Promise<readonly RecordedEvent[]> {
    if (this.#isClosing || this.#connection.isClosed) throw new StoreClosed({ store: this.#connection.name });
    if (append.signal?.aborted === true) throw givenUp(append);
    const prepared = prepareAppend(append);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { append: prepared, resolve, reject, isGivenUp: false };
      this.#waiting.push(listenForGivingUp(waiting));
      this.#writing ??= this.#write();
    });
  }

  /** Writes what waits, and refuses what comes after. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    do {
      await new Promise(setImmediate);
      await this.#writeGroup(this.#waiting.splice(0, LARGEST_GROUP));
    } while (this.#waiting.length > 0);
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const areThere = (outcomes: readonly Outcome[]): boolean => this.#areThere(group, outcomes);
      const ending = await this.#connection.transact(() => this.#recordAll(group), areThere);
      this.#answer(group, ending);
    } catch (fault) {
      this.#transaction.rolledBack();
      for (const { reject } of group) reject(fault);
    }
  }

  #answer(group: readonly Waiting[], ending: Ending<readonly Outcome[]>): void {
    if (ending.outcome === 'in-doubt') this.#transaction.rolledBack();
    this.#connection.watcher.notify();
    tell(this.#observe, { type: 'group', appends: group.length });
    for (const [index, { append, resolve, reject }] of group.entries()) {
      const outcome = ending.result[index];
      if (outcome === undefined || 'fault' in outcome) reject(outcome?.fault);
      else if (ending.outcome === 'written') resolve(outcome.recorded);
      else reject(new OutcomeUnknown({ streamId: append.streamId }, ending.fault));
    }
  }

  /** They are one transaction, so all of them are or none. */
  #areThere(group: readonly Waiting[], outcomes: readonly Outcome[]): boolean {
    return group.every(({ append }, index) => {
      const outcome = outcomes[index];
      return outcome === undefined || 'fault' in outcome || this.#appended.has(append, outcome.recorded);
    });
  }

  #recordAll(group: readonly Waiting[]): readonly Outcome[] {
    this.#transaction.begin();
    const outcomes = group.map((waiting) => this.#record(waiting));
    this.#transaction.end();
    return outcomes;
  }

  /**
   * A refusal is this append's alone. A write that fails ends the transaction, and with it the whole group, and so does a
   * read that has made SQLite roll back by itself: what came after it would be written outside of any transaction.
   */
  #record({ append, isGivenUp }: Waiting): Outcome {
    if (isGivenUp) return { fault: givenUp(append) };
    const prepared = this.#prepare(append);
    if ('fault' in prepared) return prepared;
    prepared.write();
    return prepared;
  }

  #prepare(append: PreparedAppend): ReturnType<AppendTransaction['record']> | { readonly fault: unknown } {
    try {
      return this.#transaction.record(append);
    } catch (caught) {
      this.#connection.database.refuseLost();
      return { fault: toFault(caught, this.#connection.name) };
    }
  }
}

function givenUp({ streamId }: Pick<Append, 'streamId'>): DeadlineExceeded {
  return new DeadlineExceeded({ doing: `appending to ${streamId}` });
}

/** Tells the caller at once when their signal fires while the append waits, for its turn or for another process. */
function listenForGivingUp(waiting: Waiting): Waiting {
  const { append, resolve, reject } = waiting;
  const { signal } = append;
  if (signal === undefined) return waiting;
  const listening: Waiting = { append, resolve: settle(resolve), reject: settle(reject), isGivenUp: false };
  const giveUp = (): void => {
    listening.isGivenUp = true;
    reject(givenUp(append));
  };
  signal.addEventListener('abort', giveUp, { once: true });
  return listening;

  function settle<Value>(end: (value: Value) => void): (value: Value) => void {
    return (value) => {
      signal?.removeEventListener('abort', giveUp);
      end(value);
    };
  }
}
