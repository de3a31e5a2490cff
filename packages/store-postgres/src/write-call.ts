import { positionToString, eventId } from '@login-policy/event-sourcing';
import { placeIn, positionOf } from '@login-policy/event-sourcing/store';
import { storedText } from './names.js';
import type { Ground } from './ground.js';
import type { Accepted, Plan } from './plan.js';
import { keyBytes, rowChanges, type RowChange } from './row-changes.js';

/** What `append_v5` answers that has written. Else it says why not, and has written nothing. */
export const WRITTEN: RegExp = /^written (\d+)$/;

/** A row that changes, and of which read model. */
type ModelChange = RowChange & { readonly model: string };

/** The arguments of `append_v5` that write a plan. */
export function writeArguments(plan: Plan, ground: Ground): readonly (string | null)[] {
  const { accepted } = plan;
  const events = accepted.flatMap(eventsOf);
  const [first] = events;
  // Without an event no read model moves, and what it would have caught up is not written either.
  const moved = first === undefined ? [] : ground.models;
  const rows = moved.flatMap(({ opened, model, rows: known, caughtUp }, index) => {
    // What was caught up may have other entries than what is known: those are written anew.
    const before = caughtUp === undefined ? known : undefined;
    const changes = rowChanges(opened.projection, plan.changes[index] ?? new Map(), before);
    return changes.map((change): ModelChange => ({ ...change, model }));
  });
  const kept = ground.models.map(({ model }) => model);
  return [
    ground.era,
    ground.notAfter === undefined ? null : String(ground.notAfter),
    String(ground.head + 1n),
    ground.headId ?? null,
    ...firstArguments(first, accepted),
    `{${kept.join(',')}}`,
    ...rowAndMore(rows, {
      events: events.slice(1),
      receipts: accepted.flatMap(receiptsOf),
      dropped: first === undefined ? [] : droppedOn(ground),
      absent: ground.absent.map(({ model, key }) => ({ model, key: keyBytes(key).toString('hex') })),
    }),
  ];
}

type EventArgument = ReturnType<typeof eventsOf>[number];

function firstArguments(first: EventArgument | undefined, accepted: readonly Accepted[]): readonly (string | null)[] {
  if (first === undefined) return Array.from({ length: 11 }, () => null);
  const { stream, whole, revision, at, id, type, version, data, metadata, append_count: count } = first;
  const end = accepted.find(({ recorded }) => recorded.length > 0)?.before?.id;
  const named = [stream, whole ?? null, revision, end ?? null, String(at), id, type, String(version)];
  return [...named, data, metadata, String(count ?? 1)];
}

/** A row by itself where it is the only one and is found by the same as before, as it is most often; else all in one argument. */
function rowAndMore(
  rows: readonly ModelChange[],
  more: Readonly<Record<'events' | 'receipts' | 'dropped' | 'absent', readonly unknown[]>>,
): readonly (string | null)[] {
  const [only, ...others] = rows;
  const isSimple = only !== undefined && others.length === 0 && only.content !== null && only.entries === null;
  const row = isSimple ? [only.model, `\\x${only.key}`, only.content] : [null, null, null];
  const rest = Object.fromEntries(Object.entries(more).filter(([, list]) => list.length > 0));
  if (rows.length > 0 && !isSimple) rest['rows'] = rows;
  return [...row, Object.keys(rest).length === 0 ? null : JSON.stringify(rest)];
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

function receiptsOf({ prepared: { stream, key, append }, last }: Accepted): readonly object[] {
  if (key === undefined || append.receipt === undefined) return [];
  const fingerprint = storedText(append.receipt.fingerprint);
  return [{ stream: stream.name, key, fingerprint, revision: last.toString() }];
}
