import { START } from '@login-policy/event-sourcing';
import type { ReadAllOptions, StreamReceipt } from '@login-policy/event-sourcing/store';
import { keptReceiptIn } from './receipts.js';
import { PageReader, type FollowingContext } from './page-reader.js';
import { PAGE_SIZE } from './stream-reader.js';
import { allReadRequest } from './requests.js';
import { streamNameOf } from './record-codec.js';
import { leaderRead, recordsOf, retry, type ReadingContext } from './server-reads.js';

/** Every receipt of the store: first those stored with events, then those stored in a stream of their own. */
export async function* allReceipts(
  context: FollowingContext,
  options: Pick<ReadAllOptions, 'pageSize' | 'signal'>,
): AsyncGenerator<readonly StreamReceipt[], void, undefined> {
  const ownStreams = await ownStreamReceipts(context, options.signal);
  const { retryMs } = context.timeouts;
  for await (const page of new PageReader(context, options, retryMs).pages()) {
    const withEvents = page.flatMap(({ event: { revision, streamId }, receipt }) =>
      receipt === undefined ? [] : { streamId, ...receipt, revision },
    );
    for (const { key, streamId } of withEvents) ownStreams.delete(context.names.receiptNameOf(streamId, key));
    if (withEvents.length > 0) yield withEvents;
  }
  if (ownStreams.size > 0) yield [...ownStreams.values()];
}

/** The receipts of commands without events, by the name of the receipt's stream. */
function ownStreamReceipts(context: ReadingContext, signal?: AbortSignal): Promise<Map<string, StreamReceipt>> {
  const { names, timeouts } = context;
  const filter = { prefixes: [names.receiptPrefix] };
  const request = allReadRequest({ direction: 'forwards', from: START, filter, limit: Infinity });
  return retry(context, { doing: 'reading all receipts', signal }, async (stopSignal) => {
    const found = new Map<string, StreamReceipt>();
    const read = { request, pageSize: PAGE_SIZE, withinMs: timeouts.scanMs, signal: stopSignal };
    for await (const messages of leaderRead(context, read)) {
      for (const record of recordsOf(messages)) {
        // The last record of a stream decides, because it may make an earlier receipt void.
        const kept = keptReceiptIn(record);
        if (kept === undefined) found.delete(streamNameOf(record));
        else found.set(streamNameOf(record), kept);
      }
    }
    return found;
  });
}
