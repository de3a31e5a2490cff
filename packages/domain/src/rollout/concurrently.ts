/**
 * Runs a function for each item, at most `concurrency` at a time. After a failure it starts no more, waits for the
 * running ones, and throws.
 */
export async function forEachConcurrently<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let [next, hasFailed] = [0, false];
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined && !hasFailed; item = items[next++]) {
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
