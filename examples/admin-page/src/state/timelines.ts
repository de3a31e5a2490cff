import { signal } from '@preact/signals';
import { readHistory, type HistoryEntry } from '../wire/history.js';
import { keyOf, type Scope } from '../wire/scope.js';
import { readAnew } from './unread.js';

/** A policy's history, as far as it was read. */
export interface Timeline {
  /** The pages, newest first; so are the entries of each. A page never changes, so it is rendered once. */
  readonly pages: readonly (readonly HistoryEntry[])[];
  readonly lastSequence: number;
}

const PAGE = 100;
const MOST_TO_CATCH_UP = 1_000;

const kept = signal<ReadonlyMap<string, Timeline>>(new Map());
const turns = new Map<string, Promise<void>>();
const scopes = new Map<string, Scope>();

/** The loaded history; `undefined` until it was read. */
export function timelineOf(scope: Scope): Timeline | undefined {
  return kept.value.get(keyOf(scope));
}

/** The lowest sequence read; 1 when the history is complete. */
export function oldestRead({ pages }: Timeline): number {
  return pages.at(-1)?.at(-1)?.sequence ?? 1;
}

/** The key under which a history is read. */
export function timelineKey(scope: Scope): string {
  return `history ${keyOf(scope)}`;
}

/** Reads the new entries; the newest page on the first call. */
export function catchUpTimeline(scope: Scope): Promise<void> {
  return readAnew(timelineKey(scope), () => catchUp(scope));
}

function catchUp(scope: Scope): Promise<void> {
  return inTurn(scope, async (known) => {
    const isFar = known === undefined || known.lastSequence === 0;
    if (isFar) return newest(scope);
    const { entries, lastSequence } = await readHistory(scope, {
      direction: 'forwards',
      from: known.lastSequence,
      limit: MOST_TO_CATCH_UP,
    });
    const [last, ...since] = entries;
    const isFurther = lastSequence - known.lastSequence >= MOST_TO_CATCH_UP;
    // A restored or replaced store has a different event there, or none.
    if (isFurther || !isSameEvent(last, known.pages[0]?.[0])) return newest(scope);
    return since.length === 0 ? known : { pages: [since.toReversed(), ...known.pages], lastSequence };
  });
}

function isSameEvent(read: HistoryEntry | undefined, known: HistoryEntry | undefined): boolean {
  const members = ['sequence', 'recordedAt', 'type', 'correlationId'] as const;
  return read !== undefined && known !== undefined && members.every((name) => read[name] === known[name]);
}

/** Reads the next older page. */
export function readOlder(scope: Scope): Promise<void> {
  return inTurn(scope, async (known) => {
    if (known === undefined) return newest(scope);
    const from = oldestRead(known) - 1;
    if (from < 1) return known;
    const { entries } = await readHistory(scope, { direction: 'backwards', from, limit: PAGE });
    return { ...known, pages: [...known.pages, entries] };
  });
}

async function newest(scope: Scope): Promise<Timeline> {
  const { entries, lastSequence } = await readHistory(scope, { direction: 'backwards', limit: PAGE });
  return { pages: entries.length === 0 ? [] : [entries], lastSequence };
}

/** Runs the reads of a history one after another, each on the result of the previous one. */
function inTurn(scope: Scope, step: (known: Timeline | undefined) => Promise<Timeline>): Promise<void> {
  const key = keyOf(scope);
  scopes.set(key, scope);
  const before = turns.get(key) ?? Promise.resolve();
  const turn = before
    .catch(() => {})
    .then(async () => {
      const next = await step(kept.value.get(key));
      kept.value = new Map(kept.value).set(key, next);
    });
  turns.set(key, turn);
  return turn;
}

/** Reads the new entries of all loaded histories. */
export async function catchUpAllTimelines(): Promise<void> {
  await Promise.all([...scopes.values()].map(catchUpTimeline));
}

/** Clears all histories. */
export function forgetTimelines(): void {
  kept.value = new Map();
  scopes.clear();
  turns.clear();
}
