import {
  type Position,
  type ProjectionRunner,
  type RecordedEvent,
  START,
  yieldToLoop,
} from '@login-policy/event-sourcing';
import type { Instance } from '../policy/owner.js';
import type { ParsedAuditFilter, WantedAuditPage } from './audit-input.js';
import { auditValue, timeKey, valuesOf, type AuditIndex, type AuditRow, type LoggedEvent } from './audit-projection.js';
import { indexedWord, isCut } from './words.js';

/** An entry and its key. */
export interface KeyedEvent {
  readonly key: string;
  readonly event: LoggedEvent;
}

/** Which entries to read. */
export interface WantedEntries extends WantedAuditPage {
  readonly of: Instance;
}

/** The entries found. */
export interface FoundEntries {
  readonly found: readonly KeyedEvent[];
  /** The search goes on after this key; `undefined` at its end. */
  readonly lastKey: string | undefined;
  readonly position: Position;
}

/** With several filters, the rows of one index are searched for the others: so many at a time, and in one call. */
const [ROWS_PER_QUERY, ROWS_PER_CALL] = [500, 5000];

/** The indexes, usually most selective first. */
const MOST_SELECTIVE_FIRST: readonly AuditIndex[] = ['word', 'owner', 'about', 'actor', 'type'];

/** Reads entries by one index and filters them by the remaining conditions. */
export async function readEntries(
  model: ProjectionRunner<RecordedEvent, AuditRow>,
  { of, filter, direction, after, limit, freshness }: WantedEntries,
): Promise<FoundEntries> {
  const { by, isAlone } = searchOf(of, filter);
  const chunk = isAlone ? limit : Math.max(ROWS_PER_QUERY, limit);
  const found: KeyedEvent[] = [];
  let [cursor, scanned] = [after, 0];
  for (;;) {
    const query = { ...by, ...boundsOf(filter, direction, cursor), direction, limit: chunk };
    const { rows, checkpoint: position = START } = await model.query(query, freshness);
    for (const { key, row } of rows) {
      cursor = key;
      if ('fault' in row) throw row.fault();
      if (row.is === 'entry' && (isAlone || isWanted(row.event, filter))) found.push({ key, event: row.event });
      if (found.length === limit) return { found, lastKey: cursor, position };
    }
    scanned += rows.length;
    if (rows.length < chunk) return { found, lastKey: undefined, position };
    if (scanned >= ROWS_PER_CALL) return { found, lastKey: cursor, position };
    await yieldToLoop();
  }
}

/** The index to search, and whether its result needs no further filter. */
function searchOf(
  { instanceId }: Instance,
  { isCustom, values }: ParsedAuditFilter,
): { readonly by: { readonly index: string; readonly value: string }; readonly isAlone: boolean } {
  const wanted = MOST_SELECTIVE_FIRST.flatMap((index) => (values[index] ?? []).map((value) => ({ index, value })));
  const [first = { index: 'all', value: '' }] = wanted;
  // Of several words, the longest is usually the rarest.
  const best = wanted
    .filter(({ index }) => index === first.index)
    .reduce((one, other) => (other.value.length > one.value.length ? other : one), first);
  const isWord = best.index === 'word';
  const value = isWord ? indexedWord(best.value) : best.value;
  const isAlone = wanted.length < 2 && !isCustom && !(isWord && isCut(best.value));
  return { by: { index: best.index, value: auditValue(instanceId, value) }, isAlone };
}

function isWanted(event: LoggedEvent, { isCustom, values }: ParsedAuditFilter): boolean {
  const held = valuesOf(event);
  if (isCustom && held.owner.includes('')) return false;
  return MOST_SELECTIVE_FIRST.every((index) => (values[index] ?? []).every((value) => held[index].includes(value)));
}

/** The range of keys, from the times and the page's cursor. */
function boundsOf(
  { from, to }: ParsedAuditFilter,
  direction: WantedEntries['direction'],
  cursor: string | undefined,
): { readonly afterKey?: string; readonly beforeKey?: string } {
  let afterKey = from === undefined ? undefined : timeKey(from);
  let beforeKey = to === undefined ? undefined : timeKey(to);
  if (cursor !== undefined && direction === 'forwards')
    afterKey = afterKey !== undefined && afterKey > cursor ? afterKey : cursor;
  if (cursor !== undefined && direction === 'backwards')
    beforeKey = beforeKey !== undefined && beforeKey < cursor ? beforeKey : cursor;
  return { ...(afterKey !== undefined && { afterKey }), ...(beforeKey !== undefined && { beforeKey }) };
}
