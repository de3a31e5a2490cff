import type { PreparedAppend } from './append-batch.js';
import type { Accepted, InlineModel, Plan } from './inline-plan.js';
import { storedText } from './names.js';
import { rowChanges, type RowChange } from './row-changes.js';
import type { KnownPlace, RememberedGround } from './writer-memory.js';

/** A call of one of the functions that write what was reckoned. */
export interface Call {
  readonly name: 'write_reckoned' | 'write_reckoned_event';
  /** All behind the first, which is how long to wait for other writers. */
  readonly values: readonly (string | null)[];
}

/** On what the plan was made, and for which projections. */
export interface Reckoning {
  readonly ground: RememberedGround;
  readonly models: readonly InlineModel[];
}

/** The call that writes a plan. */
export function reckonedCall(attempt: string, plan: Plan, { ground, models }: Reckoning): Call {
  const changes = models.map(({ projection }, index) =>
    rowChanges(projection, plan.changes[index] ?? new Map(), ground.rows[index]),
  );
  return eventCall(plan, { ground, changes }) ?? groupCall(attempt, plan, { ground, changes });
}

interface Reckoned {
  readonly ground: RememberedGround;
  /** Model by model. */
  readonly changes: readonly (readonly RowChange[])[];
}

/** The shorter call, where it is enough. */
function eventCall(plan: Plan, { ground, changes }: Reckoned): Call | undefined {
  const [place, ...others] = ground.places;
  const values = eventArguments(plan, ground);
  if (values === undefined || place === undefined || others.length > 0) return undefined;
  const model = [place.model, place.steps.toString()];
  return { name: 'write_reckoned_event', values: [...values, ...model, ...rowArguments(changes[0] ?? [])] };
}

/**
 * What the functions for a single event at a known place begin with; `undefined` when it is not one event, or there is a
 * receipt.
 */
export function placedArguments(
  { stored, stream, key }: PreparedAppend,
  { place, era }: KnownPlace,
): readonly (string | null)[] | undefined {
  const [event, ...more] = stored;
  if (event === undefined || more.length > 0 || key !== undefined) return undefined;
  const { position, revision, recordedAt } = place;
  const where = [position.toString(), stream.name, stream.whole ?? null, revision.toString(), String(recordedAt)];
  return [era, ...where, event.id, event.type, String(event.version), event.data, event.metadata];
}

function eventArguments({ accepted }: Plan, { era }: RememberedGround): readonly (string | null)[] | undefined {
  const [one, ...others] = accepted;
  const [place] = one?.recorded ?? [];
  if (one === undefined || place === undefined || others.length > 0) return undefined;
  return placedArguments(one.prepared, { place, era });
}

function rowArguments(changes: readonly RowChange[]): readonly (string | null)[] {
  const [one, ...others] = changes;
  if (one === undefined) return [null, null, null];
  if (others.length > 0 || one.content === null || one.entries !== null) return [null, null, JSON.stringify(changes)];
  return [`\\x${one.key}`, one.content, null];
}

function groupCall(attempt: string, { accepted }: Plan, { ground, changes }: Reckoned): Call {
  const models = ground.places.map(({ model, steps }, index) => ({
    model,
    steps: steps.toString(),
    changes: changes[index] ?? [],
  }));
  const json = [accepted.flatMap(eventsOf), accepted.flatMap(receiptsOf), models].map((value) => JSON.stringify(value));
  return { name: 'write_reckoned', values: [attempt, ground.era, ground.head.toString(), ...json] };
}

function eventsOf({ prepared: { stream, stored }, recorded }: Accepted): readonly object[] {
  return recorded.map((event, index) => ({
    ...stored[index],
    position: event.position.toString(),
    stream: stream.name,
    revision: event.revision.toString(),
    at: event.recordedAt,
    whole: stream.whole,
    append_place: event.append?.place,
    append_count: event.append?.count,
  }));
}

function receiptsOf({ prepared: { stream, key, append }, last }: Accepted): readonly object[] {
  if (key === undefined || append.receipt === undefined) return [];
  const fingerprint = storedText(append.receipt.fingerprint);
  return [{ stream: stream.name, key, fingerprint, revision: last.toString() }];
}
