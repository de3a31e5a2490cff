import { positionToString, eventId } from '@login-policy/event-sourcing';
import { placeIn, positionOf } from '@login-policy/event-sourcing/store';
import { storedText } from './names.js';
import type { Ground } from './ground.js';
import type { Accepted, Plan } from './plan.js';
import { keyBytes, rowChanges, type RowChange } from './row-changes.js';

/** The arguments of `append_v6` that write a plan. */
export function writeArguments(plan: Plan, ground: Ground): readonly (string | null)[] {
  const events = plan.accepted.flatMap(eventsOf);
  // Without an event no read model moves, and what it would have caught up is not written either.
  const rows = events.length === 0 ? [] : changesOf(plan, ground);
  const isFoundAsBefore = ({ content, entries }: RowChange): boolean => content !== null && entries === null;
  const more = {
    receipts: plan.accepted.flatMap(receiptsOf),
    dropped: events.length === 0 ? [] : droppedOn(ground),
    absent: ground.absent.map(({ model, key }) => ({ model, key: keyBytes(key).toString('hex') })),
    indexed: rows.filter((row) => !isFoundAsBefore(row)),
  };
  const isMore = Object.values(more).some((list) => list.length > 0);
  return [
    ground.era,
    ground.notAfter === undefined ? null : String(ground.notAfter),
    ground.headId === undefined ? '' : `${ground.head} ${ground.headId}`,
    `{${ground.models.map(({ model }) => model).join(',')}}`,
    listOf(events),
    listOf(rows.filter(isFoundAsBefore)),
    isMore ? JSON.stringify(more) : null,
  ];
}

function listOf(items: readonly object[]): string | null {
  return items.length === 0 ? null : JSON.stringify(items);
}

/** The rows that change, each with the number of its read model. */
function changesOf({ changes }: Plan, { models }: Ground): readonly (RowChange & { readonly model: string })[] {
  return models.flatMap(({ opened, model, rows, caughtUp }, index) => {
    // What was caught up may have other entries than what is known: those are written anew.
    const before = caughtUp === undefined ? rows : undefined;
    return rowChanges(opened.projection, changes[index] ?? new Map(), before).map((change) => ({ ...change, model }));
  });
}

/** Where the read models are left that the head kept: at the head. */
function droppedOn({ dropped, head, headId }: Ground): readonly object[] {
  if (headId === undefined) return [];
  const at = positionToString(positionOf(head, eventId(headId)));
  return dropped.map((model) => ({ model, at }));
}

function eventsOf({ prepared: { stream, append }, recorded }: Accepted) {
  return recorded.flatMap((placed, index) => {
    const text = append.texts[index];
    if (text === undefined) return [];
    return [
      {
        ...text,
        id: placed.id,
        type: storedText(placed.type),
        version: placed.schemaVersion,
        position: placeIn(placed.position).toString(),
        stream: stream.name,
        revision: placed.revision.toString(),
        at: placed.recordedAt,
        whole: stream.whole,
        append_place: placed.append?.place,
        append_count: placed.append?.count,
      },
    ];
  });
}

function receiptsOf({ prepared: { stream, key, append }, end }: Accepted): readonly object[] {
  if (key === undefined || append.receipt === undefined) return [];
  const fingerprint = storedText(append.receipt.fingerprint);
  return [{ stream: stream.name, key, fingerprint, revision: String(end?.revision ?? 0n) }];
}
