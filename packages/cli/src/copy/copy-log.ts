import { isFault, revision, type RecordedEvent, type Store } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { plain } from '../output/plain.js';
import { appendsOf, lastOf, type RecordedAppend } from './appends.js';
import type { Receipts } from './receipts.js';
import { differenceOf, eventName } from './same-event.js';

/** The stores and options of a copy. */
export interface Copying {
  readonly from: Store;
  readonly to: Store;
  readonly receipts: Receipts;
  /** The number of concurrent appends. A store that groups appends writes them in one transaction. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
  /** Called with the number of events copied so far. */
  readonly onProgress: (events: number) => void;
}

/** The number of events that were already there, and of those copied. */
export interface Copied {
  readonly before: number;
  readonly copied: number;
}

type Appends = AsyncGenerator<RecordedAppend, void, undefined>;

/**
 * Copies every append that the target lacks, in the order of the log, with ids, times, the order within appends, and
 * receipts. The target must contain the beginning of the source; the copy continues after it.
 *
 * @throws Failure when the target has other events.
 */
export async function copyLog(copying: Copying): Promise<Copied> {
  const appends = appendsOf(copying.from);
  try {
    const { events: before, last } = await passOver(appends, copying);
    // An interrupted copy may have written an append without its receipts.
    if (last !== undefined) await keepReceipts(last, copying);
    return { before, copied: await copyRest(appends, copying, before) };
  } finally {
    await appends.return();
  }
}

/** Compares the events of the target with the source. */
async function passOver(
  appends: Appends,
  { onProgress, signal, to }: Copying,
): Promise<{ readonly events: number; readonly last: RecordedAppend | undefined }> {
  let events = 0;
  let last: RecordedAppend | undefined;
  for await (const there of appendsOf(to)) {
    signal.throwIfAborted();
    const { value } = await appends.next();
    refuseOther(value ?? undefined, there);
    events += there.length;
    last = there;
    onProgress(events);
  }
  return { events, last };
}

function refuseOther(source: RecordedAppend | undefined, there: RecordedAppend): void {
  for (const [index, copy] of there.entries()) {
    const event = source?.[index];
    const difference = event === undefined ? 'it is not in the source' : differing(event, copy);
    if (difference === undefined) continue;
    const advice = 'Copy into an empty store, or into an unfinished copy of this source.';
    throw new Failure(
      EXIT.refused,
      `The target is not a copy of the source: ${plain(eventName(copy))}: ${difference}. ${advice}`,
    );
  }
}

function differing(event: RecordedEvent, copy: RecordedEvent): string | undefined {
  const member = differenceOf(event, copy);
  return member === undefined ? undefined : `its ${member} differs from the source's ${plain(eventName(event))}`;
}

async function copyRest(appends: Appends, copying: Copying, before: number): Promise<number> {
  let copied = 0;
  for (;;) {
    copying.signal.throwIfAborted();
    const window = await nextOf(appends, copying.atOnce);
    if (window.length === 0) return copied;
    await writeAll(window, copying);
    copied += window.reduce((sum, append) => sum + append.length, 0);
    copying.onProgress(before + copied);
  }
}

async function nextOf(appends: Appends, count: number): Promise<readonly RecordedAppend[]> {
  const window: RecordedAppend[] = [];
  while (window.length < count) {
    const { value } = await appends.next();
    if (value === undefined) break;
    window.push(value);
  }
  return window;
}

/** Starts the appends in order, one at a time or all at once. An error is only thrown after all have ended. */
async function writeAll(window: readonly RecordedAppend[], copying: Copying): Promise<void> {
  if (copying.atOnce === 1) {
    for (const append of window) {
      await write(append, copying);
      await keepReceipts(append, copying);
    }
    return;
  }
  const writes = window.flatMap((append) => [write(append, copying), keepReceipts(append, copying)]);
  for (const one of await Promise.allSettled(writes)) if (one.status === 'rejected') throw one.reason;
}

async function write(append: RecordedAppend, { receipts, to }: Copying): Promise<void> {
  const [{ metadata, recordedAt, revision: at, streamId }] = append;
  const { revision: end } = lastOf(append);
  const receipt = receipts.at(streamId, end).find(({ key }) => key === metadata.idempotencyKey);
  await to.eventStore.append({
    streamId,
    expected: at === 0n ? 'no-stream' : revision(at - 1n),
    events: append,
    recordedAt,
    ...(receipt && { receipt: { key: receipt.key, fingerprint: receipt.fingerprint } }),
  });
}

/** Writes the receipts of commands without events, right after the event they follow. */
async function keepReceipts(append: RecordedAppend, { receipts, to }: Copying): Promise<void> {
  const { metadata, revision: end, streamId } = lastOf(append);
  const alone = receipts.at(streamId, end).filter(({ key }) => key !== metadata.idempotencyKey);
  // Written before the next append, because that may be of the same stream.
  await Promise.all(
    alone.map(async ({ fingerprint, key }) => {
      try {
        await to.eventStore.append({ streamId, expected: end, events: [], receipt: { key, fingerprint } });
      } catch (caught) {
        if (!isFault(caught, 'receipt-exists')) throw caught;
      }
    }),
  );
}
