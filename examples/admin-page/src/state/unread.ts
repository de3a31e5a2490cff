import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { isSaidElsewhere, NotReadAnew, sentenceOf } from '../wire/failure.js';

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [1_000, 30_000];

/** Outdated data that is shown because the last read failed. */
export interface Unread {
  /** When it was read, in ISO 8601. */
  readonly readAt: string;
  /** Why the last read failed, as a sentence. */
  readonly problem: string;
  readonly again: () => Promise<unknown>;
  readonly tries: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

const unread = signal<ReadonlyMap<string, Unread>>(new Map());
const readAt = new Map<string, string>();

/** Whether any shown data may be outdated. */
export const isSomethingUnread: ReadonlySignal<boolean> = computed(() => unread.value.size > 0);

/** Why some data may be outdated; `undefined` if its last read succeeded. */
export function unreadOf(what: string): Unread | undefined {
  return unread.value.get(what);
}

/**
 * Reads data under a key. If a later read fails, the page marks the data as outdated and retries with growing pauses.
 *
 * @throws NotReadAnew when the page marks the data; otherwise the error of the read.
 */
export async function readAnew<Read>(what: string, read: () => Promise<Read>): Promise<Read> {
  try {
    const answer = await read();
    readAt.set(what, new Date().toISOString());
    settle(what);
    return answer;
  } catch (caught) {
    const before = readAt.get(what);
    if (before === undefined || isSaidElsewhere(caught)) throw caught;
    note(what, { readAt: before, problem: sentenceOf(caught), again: () => readAnew(what, read) });
    throw new NotReadAnew(caught);
  }
}

/** Reads several things at once. @throws the first error that is not shown in place. */
export async function together(reads: readonly Promise<unknown>[]): Promise<void> {
  const failures: unknown[] = [];
  for (const read of await Promise.allSettled(reads)) if (read.status === 'rejected') failures.push(read.reason);
  if (failures.length === 0) return;
  const first = failures.find((one) => !isSaidElsewhere(one)) ?? failures[0];
  throw first instanceof Error ? first : new Error(sentenceOf(first));
}

function note(what: string, failed: Omit<Unread, 'timer' | 'tries'>): void {
  const before = unread.value.get(what);
  clearTimeout(before?.timer);
  const tries = (before?.tries ?? 0) + 1;
  const timer = setTimeout(
    () => {
      // Its outcome is stored here, too.
      failed.again().catch(() => {});
    },
    Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS),
  );
  unread.value = new Map(unread.value).set(what, { ...failed, tries, timer });
}

function settle(what: string): void {
  const known = unread.value.get(what);
  if (known === undefined) return;
  clearTimeout(known.timer);
  const others = new Map(unread.value);
  others.delete(what);
  unread.value = others;
}

/** Clears all marks, and stops the retries. */
export function forgetUnread(): void {
  for (const { timer } of unread.value.values()) clearTimeout(timer);
  unread.value = new Map();
  readAt.clear();
}
