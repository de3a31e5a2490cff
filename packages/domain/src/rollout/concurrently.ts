import { yieldToLoop } from '@login-policy/event-sourcing';

/** The number of items begun before all lanes yield: many a store answers without ever waiting. */
const BETWEEN_YIELDS = 64;

/**
 * Runs a function for each item, at most `concurrency` at a time, and yields to the event loop. After a failure it
 * starts no more, waits for the running ones, and throws.
 */
export async function forEachConcurrently<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let [next, hasFailed] = [0, false];
  let turn = Promise.resolve();
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      if (next % BETWEEN_YIELDS === 0) turn = yieldToLoop();
      await turn;
      if (hasFailed) return;
      try {
        await work(item);
      } catch (caught) {
        hasFailed = true;
        throw caught;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
