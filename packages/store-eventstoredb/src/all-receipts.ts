import { START } from '@login-policy/event-sourcing';
import type { ReadAllOptions, StreamReceipt } from '@login-policy/event-sourcing/store';
import { receiptIn } from './receipts.js';
import { PageReader, type FollowingContext } from './page-reader.js';
import { PAGE_SIZE } from './stream-reader.js';
import { connectionBroke } from './faults.js';
import { LogQueries } from './log-queries.js';
import type { AllRead } from './requests.js';
import type { ReadingContext } from './server-reads.js';
import type { ServerFilter, Wanted } from './stream-names.js';
import { retry } from './time.js';

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
  const { barrier, names, timeouts } = context;
  const queries = new LogQueries(context);
  const isReceipt: Wanted = ({ streamName }) => streamName.startsWith(names.receiptPrefix);
  const filterOf = (...besides: readonly string[]): ServerFilter => ({ prefixes: [names.receiptPrefix, ...besides] });
  return retry(context, { doing: 'reading all receipts', signal }, async (stopSignal) => {
    const found = new Map<string, StreamReceipt>();
    const { isSameConnection } = await barrier.pass(stopSignal);
    const [last] = await queries.lastOf(filterOf, { limit: 1, isWanted: isReceipt }, stopSignal);
    const read: AllRead = { direction: 'forwards', from: START, filter: filterOf(), limit: Infinity };
    const options = { pageSize: PAGE_SIZE, withinMs: timeouts.scanMs, signal: stopSignal };
    for await (const records of last === undefined ? [] : queries.upTo(last.position, read, options)) {
      for (const record of records) {
        if (isReceipt(record)) found.set(record.streamName, receiptIn(record.wire));
      }
    }
    if (!isSameConnection()) throw connectionBroke('reading all receipts');
    return found;
  });
}
