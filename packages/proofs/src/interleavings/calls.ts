import { setImmediate } from 'node:timers';
import { isFault, streamId, type EventId } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import type { Chance } from '../attacks/chance.js';
import { CATEGORIES } from './counts.js';
import type { SharedLog } from './shared-log.js';

/** The faults that a call may end with while connections fail, answers are lost and others write. */
const EXPECTED = new Set<string>([
  'store-unavailable',
  'store-closed',
  'deadline-exceeded',
  'outcome-unknown',
  'revision-conflict',
  'receipt-exists',
  'concurrent-change',
  'projection-behind',
  'rebuild-superseded',
]);

/** The faults of a log with numbers that can't be read or reduced. */
const OF_HOSTILE_NUMBERS = new Set<string>(['unreadable-event', 'projection-stopped']);

/**
 * The faults of a log that was replaced. A receipt and its events are two reads, and a page of a stream may end within an
 * append: the log may be replaced in between, by one that lacks the rest.
 */
const OF_REPLACED_LOGS = new Set<string>(['position-unknown', 'store-damaged', 'unreadable-event']);

/** The result of a call, or the code of an expected fault. Any other error is noted. */
export async function faultOf<Result>(
  what: string,
  log: SharedLog,
  work: () => Promise<Result>,
): Promise<Result | string> {
  try {
    return await work();
  } catch (caught) {
    const code = isFault(caught) ? caught.code : 'none';
    const isExpected =
      EXPECTED.has(code) ||
      (log.isHostile && OF_HOSTILE_NUMBERS.has(code)) ||
      (OF_REPLACED_LOGS.has(code) && log.isReplacedSince(-Infinity));
    if (isExpected) return code;
    log.note(`${what} failed: ${caught instanceof Error ? (caught.stack ?? caught.message) : String(caught)}`);
    return 'failed';
  }
}

/** A signal that fires after some turns of the event loop. */
export function signalAfter(turns: number): AbortSignal {
  const leaving = new AbortController();
  const wait = (left: number): void => {
    if (left === 0) leaving.abort();
    else setImmediate(wait, left - 1);
  };
  wait(turns);
  return leaving.signal;
}

/** Mostly `undefined`; otherwise a signal that fires soon. */
export function maybeSignal(chance: Chance): AbortSignal | undefined {
  return chance.oneIn(5) ? signalAfter(chance.below(10)) : undefined;
}

/** An append of one to three events, at a revision that may be right or wrong. */
export function newAppend(chance: Chance, log: SharedLog, ids: () => EventId): Append {
  const stream = streamId(chance.pick(CATEGORIES), chance.pick(['a1', 'a2', 'b1']));
  const events = Array.from({ length: chance.pick([1, 1, 2, 3]) }, () => ({
    id: ids(),
    type: 'Counted',
    schemaVersion: 1,
    data: { by: chance.below(log.isHostile ? 10 : 8) },
    metadata: { actor: 'proof', correlationId: 'proof' },
  }));
  const current = log.ofStream(stream).at(-1)?.revision ?? 'no-stream';
  const expected = chance.pick(['any', 'any', current, 'no-stream'] as const);
  const receipt = chance.oneIn(5) && { receipt: { key: `append ${chance.below(3)}`, fingerprint: 'f' } };
  return { streamId: stream, expected, events, signal: maybeSignal(chance), ...receipt };
}
