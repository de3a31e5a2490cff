import type { Observe } from '@login-policy/event-sourcing';
import { AppendQueue, OutcomeUnknown, type Outcome } from '@login-policy/event-sourcing/store';
import { prepareAppend, type PreparedAppend } from './append.js';
import type { Connection } from './connection.js';
import { isConnectionLost, isRefusedContent } from './faults.js';
import { lookUp, type Found } from './lost-answers.js';
import type { Schema } from './schema.js';
import type { Writer } from './writer.js';

const MOST = { appends: 256, size: 8_000_000 } as const;
const TRIES = 2;

/** What appends are written with. */
export interface GroupWriterParts {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly writer: Writer;
  /** How long a lost answer is looked for, in milliseconds. */
  readonly patienceMs: number;
  readonly observe: Observe | undefined;
}

/** Makes the queue of a store's appends: a group shares one transaction. */
export function appendQueue(parts: GroupWriterParts): AppendQueue {
  const writer = new GroupWriter(parts);
  return new AppendQueue({
    store: parts.connection.name,
    most: MOST,
    gather: whenAllIsSaid,
    observe: parts.observe,
    write(group) {
      for (const queued of group) queued.begin();
      return writer.write(
        group.map(({ append }) => prepareAppend(append)),
        1,
      );
    },
  });
}

/**
 * After all that is ready now: who was just answered may append again, and joins the next group. Not after the next look at
 * sockets and timers, which an append alone would wait for in vain.
 */
function whenAllIsSaid(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

/** Writes groups, and finds out what became of those whose answer was lost. */
class GroupWriter {
  readonly #parts: GroupWriterParts;

  constructor(parts: GroupWriterParts) {
    this.#parts = parts;
  }

  async write(batch: readonly PreparedAppend[], tries: number): Promise<readonly Outcome[]> {
    try {
      return await this.#parts.writer.write(batch);
    } catch (caught) {
      if (isConnectionLost(caught)) return this.#afterLoss(batch, tries, caught);
      if (isRefusedContent(caught) && batch.length > 1) return this.#oneByOne(batch);
      throw this.#parts.connection.faultOf(caught);
    }
  }

  /** What a server refuses to keep is only the end of the append that holds it. */
  async #oneByOne(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const one of batch) outcomes.push(...(await this.#outcomes([one])));
    return outcomes;
  }

  async #afterLoss(batch: readonly PreparedAppend[], tries: number, caught: unknown): Promise<readonly Outcome[]> {
    let found: readonly Found[] | undefined;
    try {
      found = await lookUp(this.#parts, batch);
    } catch (cause) {
      return batch.map(({ append: { streamId } }) => ({ refused: new OutcomeUnknown({ streamId }, cause) }));
    }
    if (found === undefined) {
      // Nothing was written, and nothing will be: the group may be sent again.
      if (tries < TRIES) return this.write(batch, tries + 1);
      throw this.#parts.connection.faultOf(caught);
    }
    const outcomes: Outcome[] = [];
    for (const [index, one] of batch.entries())
      outcomes.push(...(found[index] === undefined ? await this.#outcomes([one]) : [found[index]]));
    return outcomes;
  }

  async #outcomes(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    try {
      return await this.write(batch, TRIES);
    } catch (refused) {
      return batch.map(() => ({ refused }));
    }
  }
}
