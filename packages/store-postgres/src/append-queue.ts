import type { Observe } from '@login-policy/event-sourcing';
import { AppendQueue, OutcomeUnknown, type Outcome } from '@login-policy/event-sourcing/store';
import { prepareAppend, type PreparedAppend } from './append.js';
import { isConnectionLost } from './faults.js';
import { isThere, type Search } from './lost-answers.js';
import type { Sent, Writer } from './writer.js';

const MOST = { appends: 256, size: 8_000_000 } as const;
const TRIES = 2;

/** What appends are written with, and looked for. */
export interface GroupWriterParts extends Search {
  readonly writer: Writer;
  readonly observe: Observe | undefined;
}

/** Makes the queue of a store's appends: a group shares one transaction. */
export function appendQueue(parts: GroupWriterParts): AppendQueue {
  return new AppendQueue({
    store: parts.connection.name,
    most: MOST,
    gather: whenAllIsSaid,
    observe: parts.observe,
    write(group) {
      for (const queued of group) queued.begin();
      const batch = group.map(({ append }) => prepareAppend(append));
      return written(parts, batch);
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

/** Writes a group, and finds out what became of it if the answer is lost. */
async function written(
  parts: GroupWriterParts,
  batch: readonly PreparedAppend[],
  tries = 1,
): Promise<readonly Outcome[]> {
  const sent: Sent = {};
  try {
    return await parts.writer.write(batch, sent);
  } catch (caught) {
    if (!isConnectionLost(caught)) throw parts.connection.faultOf(caught);
    try {
      if (await isThere(parts, sent.draft)) return sent.draft?.outcomes ?? [];
    } catch (cause) {
      return batch.map(({ append: { streamId } }) => ({ refused: new OutcomeUnknown({ streamId }, cause) }));
    }
    // Nothing was written, and nothing will be: the group may be sent again.
    if (tries < TRIES) return written(parts, batch, tries + 1);
    throw parts.connection.faultOf(caught);
  }
}
