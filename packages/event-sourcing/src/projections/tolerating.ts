import { UnreadableEvent, WrittenByNewerProgram, type EventPlace } from '../event-faults.js';
import type { Deadline } from '../deadline.js';
import type { Fault } from '../fault.js';
import { isFault } from '../is-fault.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { toJsonObject, type Json, type JsonObject } from '../streams/json.js';
import { START, type Position } from '../streams/position.js';
import { revision } from '../streams/revision.js';
import { parseStreamId } from '../streams/stream-id.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import type { FreshRows } from './following.js';
import { rowKey, type IndexValues, type Projection } from './projection.js';
import type { RowsAt } from './read-model-store.js';

/** Why an event could not be read, and where it stands. */
export interface UnreadableFacts extends EventPlace {
  readonly code: 'written-by-newer-program' | 'unreadable-event';
  readonly problem: string;
}

/**
 * Stands for a row whose stream holds an event that this program can't read: a newer program wrote it, or it is damaged. What the
 * row would be is not known from there on; all other rows go on. It is found under the values it was found under before.
 */
export class UnreadableRow {
  readonly facts: UnreadableFacts;
  readonly index: IndexValues;

  constructor(facts: UnreadableFacts, index: IndexValues) {
    this.facts = facts;
    this.index = index;
  }

  /** What to reject with whoever asks for the row. */
  fault(): Fault {
    const { code, problem, ...place } = this.facts;
    return code === 'written-by-newer-program'
      ? new WrittenByNewerProgram({ ...place, problem })
      : new UnreadableEvent({ ...place, problem });
  }
}

/** The member a stored row has that stands for one that can't be read; no row of a projection has it. */
const MARK = '$unreadable';

/** Events as they are recorded: whether they can be read is found out row by row. */
const AS_RECORDED: EventCodec<RecordedEvent> = {
  encode: ({ type, schemaVersion, data }) => ({ type, schemaVersion, data }),
  decode: (event) => event,
};

/**
 * The same projection, for a log that other versions of the program write to as well: an event it can't read marks its own row
 * and no other, and so does one after which its reducer says that the stream can't be read. A reducer that throws anything else
 * stops it all the same: that is a defect.
 */
export function tolerating<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
): Projection<RecordedEvent, Row | UnreadableRow> {
  const { name, version, filter } = projection;
  return {
    name,
    version,
    filter,
    events: AS_RECORDED,
    ...(projection.key !== undefined && { key: (streamId) => rowKey(projection, streamId) }),
    reduce: (row, event) => reduced(projection, row, event),
    index: (row) => indexOf(projection, row),
    snapshot: (row, event) => (row instanceof UnreadableRow ? undefined : projection.snapshot?.(row, event)),
    rows: {
      encode: (row) => (row instanceof UnreadableRow ? markOf(row) : projection.rows.encode(row)),
      decode: (stored) => markedIn(stored) ?? projection.rows.decode(stored),
    },
  };
}

/**
 * Rows, and those among them that can't be read. One that an older program has marked, and this one can read, is folded anew from
 * its events; a rebuild takes the mark away for good.
 */
export function readable<Event extends EventShape, Row>(
  { checkpoint, rows }: RowsAt<ReadonlyMap<string, Row | UnreadableRow>>,
  { projection, store }: ReadFrom<Event, Row>,
  deadline: Deadline,
): FreshRows<Row> | Promise<FreshRows<Row>> {
  if (areReadable(rows)) return { checkpoint, rows, unreadable: NONE };
  return sorted(rows, { checkpoint, projection, store, deadline });
}

const NONE: ReadonlyMap<string, Fault> = new Map();

function areReadable<Row>(rows: ReadonlyMap<string, Row | UnreadableRow>): rows is ReadonlyMap<string, Row> {
  for (const row of rows.values()) if (row instanceof UnreadableRow) return false;
  return true;
}

async function sorted<Event extends EventShape, Row>(
  found: ReadonlyMap<string, Row | UnreadableRow>,
  folding: Folding<Event, Row>,
): Promise<FreshRows<Row>> {
  const [rows, unreadable] = [new Map<string, Row>(), new Map<string, Fault>()];
  for (const [key, stored] of found) {
    const row = isOutdated(stored, folding.projection) ? await foldedAnew(stored, folding) : stored;
    if (row instanceof UnreadableRow) unreadable.set(key, row.fault());
    else if (row !== undefined) rows.set(key, row);
  }
  return { checkpoint: folding.checkpoint, rows, unreadable };
}

function isOutdated<Event extends EventShape, Row>(
  row: Row | UnreadableRow,
  { events }: Projection<Event, Row>,
): row is UnreadableRow {
  if (!(row instanceof UnreadableRow) || row.facts.code !== 'written-by-newer-program') return false;
  return events.reads?.(row.facts.type, row.facts.schemaVersion) === true;
}

/** What rows are of: a projection of the events in a store. */
interface ReadFrom<Event extends EventShape, Row> {
  readonly projection: Projection<Event, Row>;
  readonly store: TimedEventStore;
}

interface Folding<Event extends EventShape, Row> extends ReadFrom<Event, Row> {
  readonly checkpoint: Position | undefined;
  readonly deadline: Deadline;
}

async function foldedAnew<Event extends EventShape, Row>(
  { facts }: UnreadableRow,
  { checkpoint = START, projection, store, deadline }: Folding<Event, Row>,
): Promise<Row | UnreadableRow | undefined> {
  let row: Row | UnreadableRow | undefined;
  for await (const page of store.readStream(facts.streamId, {}, deadline)) {
    for (const event of page) {
      if (event.position > checkpoint) return row;
      row = reduced(projection, row, event);
    }
  }
  return row;
}

function reduced<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  row: Row | UnreadableRow | undefined,
  recorded: RecordedEvent,
): Row | UnreadableRow | undefined {
  if (row instanceof UnreadableRow) return row;
  try {
    return projection.reduce(row, projection.events.decode(recorded));
  } catch (caught) {
    const facts = unreadableFacts(caught);
    if (facts === undefined) throw caught;
    return new UnreadableRow(facts, row === undefined ? {} : (projection.index?.(row) ?? {}));
  }
}

function unreadableFacts(caught: unknown): UnreadableFacts | undefined {
  const isUnreadable = isFault(caught, 'written-by-newer-program') || isFault(caught, 'unreadable-event');
  return isUnreadable ? { ...caught.facts, code: caught.code } : undefined;
}

function indexOf<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  row: Row | UnreadableRow,
): IndexValues {
  if (!(row instanceof UnreadableRow)) return projection.index?.(row) ?? {};
  return { ...projection.indexUnread?.(row.facts.streamId), ...row.index };
}

function markOf({ facts, index }: UnreadableRow): Json {
  const { streamId, type, schemaVersion, code, problem } = facts;
  return { [MARK]: { streamId, revision: facts.revision.toString(), type, schemaVersion, code, problem, index } };
}

function markedIn(stored: Json): UnreadableRow | undefined {
  if (typeof stored !== 'object' || stored === null || !(MARK in stored)) return undefined;
  const mark = membersOf(stored[MARK]);
  const code = textIn(mark, 'code');
  if (code !== 'written-by-newer-program' && code !== 'unreadable-event') throw new TypeError('no mark of a row');
  const facts = {
    streamId: parseStreamId(textIn(mark, 'streamId')),
    revision: revision(BigInt(textIn(mark, 'revision'))),
    type: textIn(mark, 'type'),
    schemaVersion: Number(mark['schemaVersion']),
    code,
    problem: textIn(mark, 'problem'),
  } as const;
  const index = Object.entries(membersOf(mark['index']));
  return new UnreadableRow(facts, Object.fromEntries(index.map(([name, values]) => [name, valuesIn(values)])));
}

function membersOf(stored: Json | undefined): JsonObject {
  if (typeof stored !== 'object' || stored === null) throw new TypeError('no mark of a row');
  return toJsonObject(stored);
}

function valuesIn(stored: Json): string | readonly string[] {
  const isValues =
    typeof stored === 'string' || (Array.isArray(stored) && stored.every((one) => typeof one === 'string'));
  if (isValues) return stored;
  throw new TypeError('the mark of a row has text to find it by');
}

function textIn(members: JsonObject, name: string): string {
  const value = members[name];
  if (typeof value === 'string') return value;
  throw new TypeError(`the mark of a row has text for ${name}`);
}
