import { isFault, revision, type RecordedEvent, type Store } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { printable } from '../output/printable.js';
import { appendsOf, lastOf, type RecordedAppend } from './appends.js';
import { patiently, type Patience } from '../store/patiently.js';
import type { Receipts } from './receipts.js';
import { differenceOf, eventName } from './same-event.js';

/** The stores and options of a copy. */
export interface CopyOptions {
  readonly from: Store;
  readonly to: Store;
  readonly receipts: Receipts;
  /** The number of concurrent appends. A store that groups appends writes them in one transaction. */
  readonly atOnce: number;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  /** Called with the number of events copied so far. */
  readonly onProgress: (events: number) => void;
}

/** The number of events that the target had before, and of those copied. */
export interface CopyCounts {
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
export async function copyLog(options: CopyOptions): Promise<CopyCounts> {
  const appends = appendsOf(options.from);
  try {
    const { events: before, last } = await compareCopied(appends, options);
    // An interrupted copy may have written an append without its receipts.
    if (last !== undefined) await patiently(options.patience, () => writeReceipts(last, options));
    return { before, copied: await copyRest(appends, options, before) };
  } finally {
    await appends.return();
  }
}

/** Compares the events of the target with the source. Returns their number, and the last append. */
async function compareCopied(
  appends: Appends,
  { onProgress, signal, to }: CopyOptions,
): Promise<{ readonly events: number; readonly last: RecordedAppend | undefined }> {
  let events = 0;
  let last: RecordedAppend | undefined;
  for await (const copy of appendsOf(to)) {
    signal.throwIfAborted();
    const { value } = await appends.next();
    refuseDifference(value ?? undefined, copy);
    events += copy.length;
    last = copy;
    onProgress(events);
  }
  return { events, last };
}

function refuseDifference(source: RecordedAppend | undefined, target: RecordedAppend): void {
  for (const [index, copy] of target.entries()) {
    const event = source?.[index];
    const difference = event === undefined ? 'it is not in the source' : differenceText(event, copy);
    if (difference === undefined) continue;
    const advice = 'Copy into an empty store, or into an unfinished copy of this source.';
    throw new Failure(
      EXIT.refused,
      `The target is not a copy of the source: ${printable(eventName(copy))}: ${difference}. ${advice}`,
    );
  }
}

function differenceText(event: RecordedEvent, copy: RecordedEvent): string | undefined {
  const member = differenceOf(event, copy);
  return member === undefined ? undefined : `its ${member} differs from the source's ${printable(eventName(event))}`;
}

async function copyRest(appends: Appends, options: CopyOptions, before: number): Promise<number> {
  let copied = 0;
  for (;;) {
    options.signal.throwIfAborted();
    const batch = await nextAppends(appends, options.atOnce);
    if (batch.length === 0) return copied;
    await patiently(options.patience, async (attempt) => {
      // Looked up before any is sent again, because its answer may have been lost.
      const written = attempt === 1 ? [] : await writtenOf(batch, options.to);
      await writeAll(batch, { ...options, written: new Set(written) });
    });
    copied += batch.reduce((sum, append) => sum + append.length, 0);
    options.onProgress(before + copied);
  }
}

async function nextAppends(appends: Appends, count: number): Promise<readonly RecordedAppend[]> {
  const batch: RecordedAppend[] = [];
  while (batch.length < count) {
    const { value } = await appends.next();
    if (value === undefined) break;
    batch.push(value);
  }
  return batch;
}

/** `written`: the appends that the target has already, whose receipts it may lack. */
type Writing = CopyOptions & { readonly written: ReadonlySet<RecordedAppend> };

/** Starts the appends in order, one at a time or all at once. An error is only thrown after all have ended. */
async function writeAll(batch: readonly RecordedAppend[], options: Writing): Promise<void> {
  if (options.atOnce === 1) {
    for (const append of batch) {
      if (!options.written.has(append)) await write(append, options);
      await writeReceipts(append, options);
    }
    return;
  }
  const writes = batch.flatMap((append) => [
    ...(options.written.has(append) ? [] : [write(append, options)]),
    writeReceipts(append, options),
  ]);
  for (const one of await Promise.allSettled(writes)) if (one.status === 'rejected') throw one.reason;
}

async function write(append: RecordedAppend, { receipts, to }: CopyOptions): Promise<void> {
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

async function writtenOf(batch: readonly RecordedAppend[], { eventStore }: Store): Promise<readonly RecordedAppend[]> {
  const written: RecordedAppend[] = [];
  for (const append of batch) {
    const [{ id, revision: from, streamId }] = append;
    for await (const [first] of eventStore.readStream(streamId, { from, limit: 1 }))
      if (first?.id === id) written.push(append);
  }
  return written;
}

/** Writes the receipts of commands without events, right after the event they follow. */
async function writeReceipts(append: RecordedAppend, { receipts, to }: CopyOptions): Promise<void> {
  const { metadata, revision: end, streamId } = lastOf(append);
  const withoutEvents = receipts.at(streamId, end).filter(({ key }) => key !== metadata.idempotencyKey);
  // Written before the next append, because that may be of the same stream.
  await Promise.all(
    withoutEvents.map(async ({ fingerprint, key }) => {
      try {
        await to.eventStore.append({ streamId, expected: end, events: [], receipt: { key, fingerprint } });
      } catch (caught) {
        if (!isFault(caught, 'receipt-exists')) throw caught;
      }
    }),
  );
}
