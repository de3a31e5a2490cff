import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EventId,
  type EventStore,
  isFault,
  monotonicIds,
  type RecordedEvent,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Append, NewEvent } from '@login-policy/event-sourcing/store';
import type { Timeouts } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import type { Random } from './random.js';

/** Short, so that a script is over in a second; on a slow machine they are longer. */
export const TIMEOUTS: Required<Timeouts> = {
  turnMs: paced(150),
  appendMs: paced(150),
  lookupMs: paced(10_000),
  readMs: paced(250),
  scanMs: paced(400),
  retryMs: paced(10_000),
  beatMs: 750,
  probeMs: paced(40),
  stallMs: paced(250),
  closeMs: paced(1000),
};

/** What one append may take at most: its wait, its connection, its answer, the lookup, and the last step of that. */
const LONGEST_APPEND_MS = 4 * TIMEOUTS.appendMs + TIMEOUTS.lookupMs + 2 * TIMEOUTS.readMs + paced(5000);
/** How long a command is tried again. */
const TIMEOUT_MS = 60_000;

const WRITERS = 4;
const COMMANDS = 8;

/** One command of a writer: so many events that belong together, to be there once. */
export interface Command {
  readonly name: string;
  readonly streamId: StreamId;
  readonly count: number;
}

/** What the writers have to say when they are done. */
export class Ledger {
  /** Commands that were acknowledged, now or at a repetition. */
  readonly done: Command[] = [];
  readonly acknowledged: RecordedEvent[] = [];
  /** Ids of events of which the store said that they were not written. */
  readonly refused: EventId[] = [];
  readonly faults = new Map<string, number>();
  outcomesUnknown = 0;
}

/** The streams the writers write to. */
export const CATEGORY = 'Counter';

/** Runs all writers side by side until each of their commands is done. */
export async function writeAll(store: EventStore, random: Random): Promise<Ledger> {
  const ledger = new Ledger();
  const writers = Array.from({ length: WRITERS }, (_, index) => new Writer(store, { ledger, random, index }));
  await Promise.all(writers.map((writer) => writer.write()));
  return ledger;
}

const nextId = monotonicIds();

class Writer {
  readonly #store: EventStore;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #index: number;
  #expected: Append['expected'] = 'no-stream';

  constructor(store: EventStore, { ledger, random, index }: { ledger: Ledger; random: Random; index: number }) {
    this.#store = store;
    this.#ledger = ledger;
    this.#random = random;
    this.#index = index;
  }

  async write(): Promise<void> {
    for (let number = 0; number < COMMANDS; number++) {
      const command: Command = {
        name: `${this.#index}-${number}`,
        streamId: streamId(CATEGORY, String(this.#index)),
        count: this.#random.of(1, 1, 2, 3),
      };
      await this.#carryOut(command);
      this.#ledger.done.push(command);
    }
  }

  /** Tries until it is done: with its key, so that a repetition after an unknown outcome is one. */
  async #carryOut(command: Command): Promise<void> {
    const began = performance.now();
    while (performance.now() - began < paced(TIMEOUT_MS)) {
      const events = eventsOf(command);
      const outcome = await this.#append(command, events);
      if (outcome === 'done') return;
      await sleep(this.#random.below(30));
    }
    throw new Error(
      `command ${command.name} was not done in ${TIMEOUT_MS} ms: ${JSON.stringify([...this.#ledger.faults])}`,
    );
  }

  async #append(command: Command, events: readonly NewEvent[]): Promise<'done' | 'again'> {
    const expected = this.#random.of(this.#expected, this.#expected, 'any');
    const receipt = { key: command.name, fingerprint: command.name };
    const append = { streamId: command.streamId, expected, events, receipt };
    try {
      const recorded = await inTime(this.#store.append(append));
      this.#ledger.acknowledged.push(...recorded);
      this.#expected = recorded.at(-1)?.revision ?? this.#expected;
      return 'done';
    } catch (error) {
      return this.#learn(error, command, events);
    }
  }

  async #learn(error: unknown, command: Command, events: readonly NewEvent[]): Promise<'done' | 'again'> {
    if (!isFault(error)) throw error;
    this.#ledger.faults.set(error.message, (this.#ledger.faults.get(error.message) ?? 0) + 1);
    if (error.code === 'outcome-unknown' || error.code === 'written-unseen') this.#ledger.outcomesUnknown += 1;
    // Every other fault says that nothing was written.
    else this.#ledger.refused.push(...events.map(({ id }) => id));
    try {
      for await (const [last] of this.#store.readStream(command.streamId, { direction: 'backwards', limit: 1 })) {
        this.#expected = last?.revision ?? this.#expected;
      }
    } catch (unread) {
      if (!isFault(unread)) throw unread;
    }
    return error.code === 'receipt-exists' ? 'done' : 'again';
  }
}

/**
 * Passes on what becomes of an append. @throws Error when it is not settled in the time that all its timers leave it.
 */
async function inTime<Value>(append: Promise<Value>): Promise<Value> {
  const late = new AbortController();
  const tooLate = sleep(LONGEST_APPEND_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`an append took more than ${LONGEST_APPEND_MS} ms`);
  });
  try {
    return await Promise.race([append, tooLate]);
  } finally {
    late.abort();
    await tooLate.catch(() => undefined);
  }
}

function eventsOf({ name, count }: Command): readonly NewEvent[] {
  return Array.from({ length: count }, (_, part) => ({
    id: nextId(),
    type: 'Counted',
    schemaVersion: 1,
    data: { command: name, part, padding: 'x'.repeat(50) },
    metadata: { actor: 'writer', correlationId: name },
  }));
}
