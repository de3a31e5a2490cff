/** The number of concurrent calls. A store answers them from one connection, a server from a few. */
export const MOST_CONCURRENT = 16;

/**
 * Runs a function for each item, some at a time, and returns the results in order. After a failure, no more are
 * started.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let hasFailed = false;
  const left = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) {
      if (hasFailed) return;
      try {
        results[index] = await work(item);
      } catch (caught) {
        hasFailed = true;
        throw caught;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(MOST_CONCURRENT, items.length) }, worker));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return results;
}
