import { UnreadableEvent, WrittenByNewerProgram, type EventPlace } from '../event-faults.js';
import type { EventShape, Recorded, RecordedEvent } from './event.js';
import { isFault } from '../is-fault.js';
import { toJsonObject, type JsonObject } from './json.js';

/** What a store keeps of an event's content. */
export interface EncodedEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: JsonObject;
}

/** Between the domain's events and what a store keeps of them. `decode` undoes `encode` exactly. */
export interface EventCodec<Event extends EventShape> {
  /**
   * Writes an event, checked, in the oldest schema version that holds its content: so a neighbouring version of the program can run
   * beside this one, and one can go back. @throws UnserialisableData when it is not of its own shape.
   */
  encode(event: Event): EncodedEvent;
  /**
   * Reads an event of any schema version there ever was, in today's shape.
   *
   * @throws WrittenByNewerProgram when nobody here knows the type, or the schema version.
   * @throws UnreadableEvent when the data is not of a known shape.
   */
  decode(event: RecordedEvent): Recorded<Event>;
  /** Whether events of this type in this schema version can be read here. Default: not known, so a mark is believed. */
  reads?(type: string, schemaVersion: number): boolean;
  /** Whether events of this type in this schema version are new: the release before this one can't read them. Default: none are. */
  isNew?(type: string, schemaVersion: number): boolean;
}

/**
 * How one type of event is stored: the newest schema version, and how each older one is brought up to it.
 *
 * `upcasters[0]` turns version 1 into 2, `upcasters[1]` version 2 into 3, and so on: the newest version is
 * `upcasters.length + 1`. A recorded event lasts forever, so a shape is never edited: a new one is added with its upcaster.
 */
export interface EventSchema<Data extends object> {
  /** In order; none while there is only version 1. */
  readonly upcasters: readonly ((data: JsonObject) => JsonObject)[];
  /**
   * What undoes each upcaster, for content that the older version holds, too: `downcasters[0]` turns version 2 into 1. It answers
   * `undefined` for content that needs the newer one. Default: none, and events are written in the newest version.
   */
  readonly downcasters?: readonly ((data: JsonObject) => JsonObject | undefined)[];
  /**
   * The first schema version that is new in this release: the release before can't read it. 1 for a new type. To be taken out with
   * the next release. Default: none is new.
   */
  readonly newFrom?: number;
  /** Writes the newest version. Throws an `Error` that says what is wrong with the data. */
  write(data: Data): JsonObject;
  /** Reads the newest version. Throws an `Error` that says what is wrong with it. */
  read(data: JsonObject): Data;
}

/** A schema for each type of event, so that a new type breaks the build until it has one. */
export type EventSchemas<Event extends EventShape> = {
  readonly [Type in Event['type']]: EventSchema<Extract<Event, { readonly type: Type }>['data']>;
};

/** Makes the codec of a vocabulary of events from their schemas. */
export function eventCodec<Event extends EventShape>(schemas: EventSchemas<Event>): EventCodec<Event> {
  const known = new Map<string, EventSchema<object>>(Object.entries<EventSchema<object>>(schemas));
  return {
    isNew: (type, schemaVersion) => schemaVersion >= (known.get(type)?.newFrom ?? Infinity),
    encode(event) {
      const schema = known.get(event.type);
      if (schema === undefined) throw new TypeError(`no schema for ${event.type}`);
      return { type: event.type, ...oldestOf(schema, schema.write(event.data)) };
    },
    reads(type, schemaVersion) {
      const schema = known.get(type);
      return schema !== undefined && schemaVersion >= 1 && schemaVersion <= schema.upcasters.length + 1;
    },
    decode(event) {
      const schema = known.get(event.type);
      if (schema === undefined)
        throw new WrittenByNewerProgram({ ...placeOf(event), problem: 'the type is not known here' });
      const data = readData(schema, event);
      return (data === event.data ? event : withData(event, data)) as Recorded<Event>;
    },
  };
}

/** The content in the oldest version that holds it. */
function oldestOf(
  { upcasters, downcasters = [] }: EventSchema<object>,
  newest: JsonObject,
): Pick<EncodedEvent, 'schemaVersion' | 'data'> {
  let [schemaVersion, data] = [upcasters.length + 1, newest];
  while (schemaVersion > 1) {
    const older = downcasters[schemaVersion - 2]?.(data);
    if (older === undefined) break;
    [schemaVersion, data] = [schemaVersion - 1, older];
  }
  return { schemaVersion, data };
}

function readData(schema: EventSchema<object>, event: RecordedEvent): object {
  const newest = schema.upcasters.length + 1;
  const problem = `schema versions 1 to ${newest} are known`;
  if (event.schemaVersion > newest) throw new WrittenByNewerProgram({ ...placeOf(event), problem });
  try {
    let data = event.data;
    if (!(event.schemaVersion >= 1)) throw new TypeError(problem);
    for (let version = event.schemaVersion; version < newest; version++) data = upcast(schema, version, data);
    return schema.read(data);
  } catch (cause) {
    // A store that can't read an event says why where its data would be.
    if (isFault(cause, 'unreadable-event')) throw cause;
    throw new UnreadableEvent(
      { ...placeOf(event), problem: cause instanceof Error ? cause.message : String(cause) },
      cause,
    );
  }
}

/** One step up. An upcaster that answers nothing is a defect: the old shape must not pass for the new one. */
function upcast({ upcasters }: EventSchema<object>, version: number, data: JsonObject): JsonObject {
  const newer = upcasters[version - 1]?.(data);
  if (newer === undefined) throw new TypeError(`the upcaster of version ${version} answers nothing`);
  return toJsonObject(newer);
}

/** Where an event stands, for a fault to say. */
export function placeOf(event: Pick<RecordedEvent, keyof EventPlace>): EventPlace {
  return { streamId: event.streamId, revision: event.revision, type: event.type, schemaVersion: event.schemaVersion };
}

/** The same event with other data. */
function withData(event: RecordedEvent, data: object): EventShape & Omit<RecordedEvent, 'data'> {
  const { id, streamId, revision, position, recordedAt, schemaVersion, type, metadata } = event;
  return {
    id,
    streamId,
    revision,
    position,
    recordedAt,
    schemaVersion,
    type,
    data,
    metadata,
    ...(event.append !== undefined && { append: event.append }),
  };
}
