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

/** A request for a long history. */
export interface HistoryRequest {
  readonly policies: LoginPolicies;
  readonly answers: PolicyAnswers;
  readonly owner: OwnerRef;
  /** The limit is larger than one page. */
  readonly options: HistoryOptions & { readonly limit: number };
}

/**
 * The JSON of a long history, page by page: the client gets one page before the next is read.
 *
 * @throws Error when a page does not continue the previous one, because the store was replaced meanwhile.
 */
export async function* historyPages(first: History, request: HistoryRequest): AsyncGenerator<string, void, undefined> {
  const { entries: _, unknownEvents: __, ...head } = historyJson(first);
  yield `${JSON.stringify(head).slice(0, -1)},"entries":[${entriesJson(first)}`;
  let [history, remaining] = [first, request.options.limit - first.entries.length];
  for (let last = history.entries.at(-1); last !== undefined && remaining > 0; last = history.entries.at(-1)) {
    history = await nextPage(last, first, { ...request, options: { ...request.options, limit: remaining } });
    if (history.entries.length === 0) break;
    remaining -= history.entries.length;
    yield `,${entriesJson(history)}`;
  }
  // Each page counts from the beginning of the stream, so the page that reaches furthest has the total.
  const { unknownEvents } = request.options.direction === 'backwards' ? first : history;
  yield `],"unknownEvents":${unknownEvents}}`;
}

/** Reads the page after an entry, including that entry, whose id shows that both pages belong to one history. */
async function nextPage(last: HistoryEntry, first: History, request: HistoryRequest): Promise<History> {
  const { answers, options, owner, policies } = request;
  const { lastSequence } = first;
  const isForwards = options.direction !== 'backwards';
  const available = isForwards ? lastSequence - last.sequence : last.sequence - 1n;
  const count = Math.min(HISTORY_PAGE, options.limit, Number(available));
  if (count === 0) return { ...first, entries: [] };
  const page = { ...options, fromSequence: last.sequence, limit: count + 1 };
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
