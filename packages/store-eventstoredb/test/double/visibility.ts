import type { EventLog, LogRecord } from './event-log.js';

/** `$tb` of a soft-deleted stream (reference §6). */
export const DELETED = 2n ** 63n - 1n;

interface StreamMetadata {
  readonly truncateBefore: bigint;
  readonly maxCount: bigint | undefined;
  readonly maxAgeSeconds: bigint | undefined;
}

/** What a reader meets when he reads a stream. */
export type Visible =
  | { readonly state: 'tombstoned' }
  | { readonly state: 'not-found' }
  | { readonly state: 'readable'; readonly from: bigint; readonly head: bigint };

/**
 * Which events of a stream can be read (reference §3.3): from max(0, `$tb`, head - `$maxCount` + 1) on, and no older
 * than `$maxAge`. Numbering is not touched by any of it (checklist 21). A missing and a soft-deleted stream look the
 * same (checklist 18).
 */
export function visibilityOf(log: EventLog, streamName: string): Visible {
  if (log.isTombstoned(streamName)) return { state: 'tombstoned' };
  const head = BigInt(log.shown(streamName).length) - 1n;
  // A metastream reads as if its $maxCount were 1 (checklist 26).
  if (streamName.startsWith('$$')) return head < 0n ? { state: 'not-found' } : { state: 'readable', from: head, head };
  const { truncateBefore, maxCount, maxAgeSeconds } = metadataOf(log.shown(`$$${streamName}`));
  if (head < 0n || truncateBefore === DELETED) return { state: 'not-found' };
  let from = truncateBefore;
  if (maxCount !== undefined && head - maxCount + 1n > from) from = head - maxCount + 1n;
  if (maxAgeSeconds !== undefined) {
    const oldest = BigInt(Date.now()) * 10_000n - maxAgeSeconds * 10_000_000n;
    const stream = log.shown(streamName);
    while (from <= head && (stream[Number(from)]?.created ?? 0n) < oldest) from += 1n;
  }
  return { state: 'readable', from: from < 0n ? 0n : from, head };
}

/** Whether a stream was soft-deleted and not written since. */
export function isSoftDeleted(log: EventLog, streamName: string): boolean {
  return metadataOf(log.stream(`$$${streamName}`)).truncateBefore === DELETED;
}

/** Whether the stream has metadata: that alone lets `stream_exists` pass (checklist 24). */
export function hasMetadata(log: EventLog, streamName: string): boolean {
  return log.head(`$$${streamName}`) >= 0n;
}

/**
 * Only the newest event counts, and a parse error, a float or a number above 2^63-1 voids all of it (reference §2.5).
 */
function metadataOf(records: readonly LogRecord[]): StreamMetadata {
  const newest = records.at(-1);
  const none = { truncateBefore: 0n, maxCount: undefined, maxAgeSeconds: undefined };
  if (newest === undefined || !newest.isJson) return none;
  const text = Buffer.from(newest.data).toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    return none;
  }
  const numbers = ['tb', 'maxCount', 'maxAge'].map(
    (name) => new RegExp(`"\\$${name}"\\s*:\\s*(-?[\\d.eE+]+)`).exec(text)?.[1],
  );
  if (numbers.some((number) => number !== undefined && !(/^-?\d+$/.test(number) && BigInt(number) <= DELETED)))
    return none;
  const [tb, maxCount, maxAge] = numbers.map((number) => (number === undefined ? 0n : BigInt(number)));
  return {
    truncateBefore: tb !== undefined && tb > 0n ? tb : 0n,
    maxCount: maxCount !== undefined && maxCount > 0n ? maxCount : undefined,
    maxAgeSeconds: maxAge !== undefined && maxAge > 0n ? maxAge : undefined,
  };
}
