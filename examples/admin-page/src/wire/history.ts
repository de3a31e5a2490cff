import { isolated } from '../words/isolated.js';
import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { policyChangeOf, type PolicyChange } from './policy-change.js';
import { send } from './request.js';
import { headersOf, pathOf, type Scope } from './scope.js';

/** One event of a policy: who changed what, when, and why. */
export interface HistoryEntry {
  readonly sequence: number;
  /** In ISO 8601, UTC. */
  readonly recordedAt: string;
  readonly type: string;
  /** Whether the server knows the type of the event. Otherwise it can't tell what changed. */
  readonly isKnown: boolean;
  readonly actor: string;
  readonly reason: string | undefined;
  readonly correlationId: string;
  readonly changes: readonly PolicyChange[];
}

/** A page of a history. */
export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  /** The sequence of the last event; 0 without events. */
  readonly lastSequence: number;
}

/** Which page of a history to read. */
export interface HistoryPart {
  readonly direction: 'forwards' | 'backwards';
  readonly from?: number;
  readonly limit: number;
}

/** Reads a page of a policy's history. */
export async function readHistory(
  scope: Scope,
  part: HistoryPart,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<HistoryPage> {
  const query = new URLSearchParams({ direction: part.direction, limit: String(part.limit) });
  if (part.from !== undefined) query.set('fromSequence', String(part.from));
  const path = `${pathOf(scope)}/history?${query}`;
  return pageOf(await send({ verb: 'GET', path, headers: headersOf(scope), ...(signal !== undefined && { signal }) }));
}

function pageOf(value: unknown): HistoryPage {
  const answer = objectOf(value, 'the history');
  return {
    lastSequence: Number(textOf(answer['lastSequence'], 'lastSequence')),
    entries: listOf(answer['entries'], 'entries', entryOf),
  };
}

/** The reason of an event. It can't show its letters in another order than they have. */
export function reasonIn(entry: JsonObject): string | undefined {
  const reason = optionalText(entry['reason'], 'reason');
  return reason === undefined ? undefined : isolated(reason);
}

function entryOf(value: unknown): HistoryEntry {
  const entry = objectOf(value, 'an entry');
  return {
    sequence: Number(textOf(entry['sequence'], 'sequence')),
    recordedAt: textOf(entry['recordedAt'], 'recordedAt'),
    type: textOf(entry['type'], 'type'),
    isKnown: entry['isKnown'] !== false,
    actor: textOf(entry['actor'], 'actor'),
    reason: reasonIn(entry),
    correlationId: optionalText(entry['correlationId'], 'correlationId') ?? '',
    changes: listOf(entry['changes'], 'changes', policyChangeOf),
  };
}
