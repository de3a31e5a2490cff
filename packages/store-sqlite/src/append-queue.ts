import type { Observe } from '@login-policy/event-sourcing';
import {
  AppendQueue,
  type EncodedAppend,
  OutcomeUnknown,
  yieldToLoop,
  type Outcome,
  type Queued,
} from '@login-policy/event-sourcing/store';
import type { AppendTransaction } from './append.js';
import { Appended } from './appended.js';
import type { Connection, Ending } from './connection.js';
import { toFault } from './faults.js';

/** So that a group keeps the event loop no longer than some hundredths of a second. */
const MOST = { appends: 512, size: 16_000_000 } as const;

/**
 * Makes the queue of a store's appends: a group shares one sync to disk. It is written in the next turn of the event loop, so that a
 * synchronous driver keeps nobody else from theirs.
 */
export function appendQueue(
  connection: Connection,
  transaction: AppendTransaction,
  observe: Observe | undefined,
): AppendQueue {
  const writer = new GroupWriter(connection, transaction);
  return new AppendQueue({
    store: connection.name,
    most: MOST,
    gather: yieldToLoop,
    observe,
    write: (group) => writer.write(group),
  });
}

/** An append of a group, and what became of it. */
interface Written {
  readonly append: EncodedAppend;
  readonly outcome: Outcome;
}

class GroupWriter {
  readonly #connection: Connection;
  readonly #transaction: AppendTransaction;
  readonly #appended: Appended;

  constructor(connection: Connection, transaction: AppendTransaction) {
    this.#connection = connection;
    this.#transaction = transaction;
    this.#appended = new Appended(connection.database);
  }

  async write(group: readonly Queued[]): Promise<readonly Outcome[]> {
    const areThere = (written: readonly Written[]): boolean => written.every((one) => this.#isThere(one));
    const ending = await this.#connection.transact(() => this.#recordAll(group), areThere);
    this.#connection.watch.notify();
    return ending.result.map((written) => outcomeOf(written, ending));
  }

  /** They are one transaction, so all of them are or none. */
  #isThere({ append, outcome }: Written): boolean {
    return 'refused' in outcome || this.#appended.has(append, outcome.recorded);
  }

  #recordAll(group: readonly Queued[]): readonly Written[] {
    this.#transaction.begin();
    const written = group.map((queued) => ({ append: queued.append, outcome: this.#record(queued) }));
    this.#transaction.end();
    return written;
  }

  /**
   * A refusal is this append's alone. A write that fails ends the transaction, and with it the whole group, and so does a
   * read that has made SQLite roll back by itself: what came after it would be written outside of any transaction.
   */
  #record(queued: Queued): Outcome {
    // Whoever gave up while the lock was waited for has been told so.
    if (!queued.begin()) return { refused: undefined };
    const prepared = this.#prepare(queued);
    if ('refused' in prepared) return prepared;
    prepared.write();
    return { recorded: prepared.recorded };
  }

  #prepare({ append }: Queued): ReturnType<AppendTransaction['record']> | { readonly refused: unknown } {
    try {
      return this.#transaction.record(append);
    } catch (caught) {
      this.#connection.database.refuseLost();
      return { refused: toFault(caught, this.#connection.name) };
    }
  }
}

function outcomeOf({ append, outcome }: Written, ending: Ending<unknown>): Outcome {
  if (ending.outcome === 'written' || 'refused' in outcome) return outcome;
  return { refused: new OutcomeUnknown({ streamId: append.streamId }, ending.fault) };
}
