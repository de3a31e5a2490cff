import type { RememberedGround } from './inline-memory.js';
import type { Accepted, InlineModel, Plan } from './inline-plan.js';
import { storedText } from './names.js';
import { rowChanges, type RowChange } from './row-changes.js';

/** A call of one of the functions that write what was reckoned. */
export interface Call {
  readonly name: 'write_reckoned' | 'write_reckoned_event';
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
  return eventCall(attempt, plan, { ground, changes }) ?? groupCall(attempt, plan, { ground, changes });
}

interface Reckoned {
  readonly ground: RememberedGround;
  /** Model by model. */
  readonly changes: readonly (readonly RowChange[])[];
}

/** The shorter call, where it is enough. */
function eventCall(attempt: string, { accepted }: Plan, { ground, changes }: Reckoned): Call | undefined {
  const [one] = accepted;
  const [place] = ground.places;
  if (one === undefined || place === undefined || accepted.length + ground.places.length > 2) return undefined;
  const [event] = one.recorded;
  const [stored] = one.prepared.stored;
  if (event === undefined || stored === undefined || one.recorded.length > 1 || one.prepared.key !== undefined) {
    return undefined;
  }
  const { name, whole } = one.prepared.stream;
  const { id, type, version, data, metadata } = stored;
  const where = [name, whole ?? null, event.revision.toString(), String(event.recordedAt)];
  const what = [id, type, String(version), data, metadata, place.model, place.steps.toString()];
  const values = [attempt, ground.head.toString(), ...where, ...what, ...rowArguments(changes[0] ?? [])];
  return { name: 'write_reckoned_event', values };
}

function rowArguments(changes: readonly RowChange[]): readonly (string | null)[] {
  const [one, ...others] = changes;
  if (one === undefined) return [null, null, null];
  if (others.length > 0 || one.content === null || one.entries !== null) return [null, null, JSON.stringify(changes)];
  return [one.key, one.content, null];
}

function groupCall(attempt: string, { accepted }: Plan, { ground, changes }: Reckoned): Call {
  const models = ground.places.map(({ model, steps }, index) => ({
    model,
    steps: steps.toString(),
    changes: changes[index] ?? [],
  }));
  const json = [accepted.flatMap(eventsOf), accepted.flatMap(receiptsOf), models].map((value) => JSON.stringify(value));
  return { name: 'write_reckoned', values: [attempt, ground.head.toString(), ...json] };
}

function eventsOf({ prepared: { stream, stored }, recorded }: Accepted): readonly object[] {
  return recorded.map((event, index) => ({
    ...stored[index],
    position: event.position.toString(),
    stream: stream.name,
    revision: event.revision.toString(),
    at: event.recordedAt,
    whole: stream.whole,
  }));
}

function receiptsOf({ prepared: { stream, key, append }, last }: Accepted): readonly object[] {
  if (key === undefined || append.receipt === undefined) return [];
  const fingerprint = storedText(append.receipt.fingerprint);
  return [{ stream: stream.name, key, fingerprint, revision: last.toString() }];
}
