import {
  toJson,
  type History,
  type HistoryEntry,
  type HistoryOptions,
  type LoginPolicies,
  type OwnerRef,
} from '@login-policy/domain';
import type { PolicyAnswers } from '../calls/policy-answers.js';

/** The number of entries read at a time, and buffered for a client that does not read them. */
export const HISTORY_PAGE = 100;

/** The history to return. */
export interface HistoryAsked {
  readonly policies: LoginPolicies;
  readonly answers: PolicyAnswers;
  readonly owner: OwnerRef;
  /** Present if the limit is larger than one page. */
  readonly options: HistoryOptions & { readonly limit: number };
}

/**
 * The JSON of a long history, page by page: each is read once the client has read the previous one.
 *
 * @throws Error when a page does not continue the previous one, because the store was replaced meanwhile.
 */
export async function* historyPages(first: History, asked: HistoryAsked): AsyncGenerator<string, void, undefined> {
  const { entries: _, unknownEvents: __, ...head } = historyJson(first);
  yield `${JSON.stringify(head).slice(0, -1)},"entries":[${entriesJson(first)}`;
  let [history, left] = [first, asked.options.limit - first.entries.length];
  for (let last = history.entries.at(-1); last !== undefined && left > 0; last = history.entries.at(-1)) {
    history = await pageBehind(last, first, { ...asked, options: { ...asked.options, limit: left } });
    if (history.entries.length === 0) break;
    left -= history.entries.length;
    yield `,${entriesJson(history)}`;
  }
  // Counted from the beginning of the stream, so the page that reaches furthest has the total.
  const { unknownEvents } = asked.options.direction === 'backwards' ? first : history;
  yield `],"unknownEvents":${unknownEvents}}`;
}

/** Reads the page after an entry, including that entry, whose id shows that both pages belong to one history. */
async function pageBehind(last: HistoryEntry, first: History, asked: HistoryAsked): Promise<History> {
  const { answers, options, owner, policies } = asked;
  const { lastSequence } = first;
  const isForwards = options.direction !== 'backwards';
  const most = isForwards ? lastSequence - last.sequence : last.sequence - 1n;
  const wanted = Math.min(HISTORY_PAGE, options.limit, Number(most));
  if (wanted === 0) return { ...first, entries: [] };
  const page = { ...options, fromSequence: last.sequence, limit: wanted + 1 };
  const read = await answers.ofRead(policies.history(owner, page));
  const [again, ...entries] = read.entries;
  if (again?.eventId !== last.eventId) throw new Error('the history was replaced while it was read');
  return { ...read, entries };
}

function entriesJson(history: History): string {
  const { entries } = historyJson(history);
  return JSON.stringify(entries).slice(1, -1);
}

/** A history as JSON, without the members about the answer itself. */
export function historyJson(history: History): Omit<ReturnType<typeof toJson>, 'kind' | 'outcome'> {
  const { outcome: _, kind: _kind, ...json } = toJson({ outcome: 'found', ...history });
  return json;
}
