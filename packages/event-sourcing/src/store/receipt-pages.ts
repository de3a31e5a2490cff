import type { WaitOptions } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import { isFault } from '../values/is-fault.js';
import type { StreamReceipt } from '../streams/event-store.js';

/** Finds the next page of receipts after a given one, in a stable order. */
type FindReceipts = (after: StreamReceipt | undefined) => readonly StreamReceipt[] | Promise<readonly StreamReceipt[]>;

/** What `LogBackend.readReceipts` promises, by looking for the next page again and again. */
export async function* receiptPages(
  find: FindReceipts,
  pageSize: number,
  { signal }: WaitOptions = {},
): AsyncGenerator<readonly StreamReceipt[], void, undefined> {
  let after: StreamReceipt | undefined;
  for (;;) {
    const page = await find(after);
    if (page.length > 0) yield page;
    if (page.length < pageSize || signal?.aborted === true) return;
    after = page.at(-1);
  }
}

/** Decodes a stored receipt. @throws StoreDamaged when it is malformed. */
export function decodeReceipt(store: string, key: string, decode: () => StreamReceipt): StreamReceipt {
  try {
    return decode();
  } catch (cause) {
    if (isFault(cause)) throw cause;
    const problem = `the receipt ${JSON.stringify(key)} can not be read`;
    throw new Fault('store-damaged', { store, problem }, cause);
  }
}
