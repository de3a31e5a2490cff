import type { ReceiptOptions, StreamReceipt } from '../streams/event-store.js';
import { pageSizeOf } from '../streams/paging.js';

/** Finds at most `limit` receipts after a given one, in a stable order. */
type FindReceipts = (
  after: StreamReceipt | undefined,
  limit: number,
) => readonly StreamReceipt[] | Promise<readonly StreamReceipt[]>;

/** What `EventStore.receipts` promises, by looking for the next ones again and again. */
export async function* receiptPages(
  find: FindReceipts,
  options: ReceiptOptions = {},
): AsyncGenerator<readonly StreamReceipt[], void, undefined> {
  const limit = pageSizeOf(options);
  let after: StreamReceipt | undefined;
  for (;;) {
    const page = await find(after, limit);
    if (page.length > 0) yield page;
    if (page.length < limit || options.signal?.aborted === true) return;
    after = page.at(-1);
  }
}
