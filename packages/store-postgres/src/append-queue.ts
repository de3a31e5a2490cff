import type { Observe } from '@login-policy/event-sourcing';
import { AppendQueue } from '@login-policy/event-sourcing/store';
import { Group } from './group.js';
import type { Writer } from './writer.js';

const MOST = { appends: 256, size: 8_000_000 } as const;

/** Makes the queue of a store's appends: a group shares one transaction. */
export function appendQueue(store: string, writer: Writer, observe: Observe | undefined): AppendQueue {
  return new AppendQueue({
    store,
    most: MOST,
    gather: whenAllIsSaid,
    observe,
    write: (group) => writer.write(Group.of(group)),
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
