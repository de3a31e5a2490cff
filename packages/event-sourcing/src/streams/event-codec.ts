import { Fault, type EventPlace } from '../values/fault.js';
import type { EventShape, Recorded, RecordedEvent } from './event.js';
import { isFault } from '../values/is-fault.js';
import { toJsonObject, type JsonObject } from './json.js';
import { shown } from '../values/shown.js';
import { wrong } from '../values/wrong.js';

/** The stored content of an event. */
export interface EncodedEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: JsonObject;
}

/** Converts between the domain's events and their stored form. `decode` is the exact inverse of `encode`. */
export interface EventCodec<Event extends EventShape> {
  /**
   * Checks an event and writes it in the oldest schema version that can hold it, so that a neighbouring version of the
   * program can run beside this one and an upgrade can be rolled back.
   *
   * @throws UnserialisableData when the event is malformed.
   */
  encode(event: Event): EncodedEvent;
  /**
   * Reads an event of any schema version, in the current shape.
   *
   * @throws WrittenByNewerProgram when the type or the schema version is unknown.
   * @throws UnreadableEvent when the data does not fit its schema.
   */
  decode(event: RecordedEvent): Recorded<Event>;
  /**
   * Whether this program reads events of this type and schema version. Default: unknown, so a row's placeholder stays.
   */
  reads?(type: string, schemaVersion: number): boolean;
}

/**
 * How one type of event is stored: its newest schema version, and how older ones are converted.
 *
 * `upcasters[0]` turns version 1 into 2, `upcasters[1]` version 2 into 3, and so on: the newest version is
 * `upcasters.length + 1`. A recorded event lasts forever, so a schema is never edited: add a version and its upcaster.
 */
export interface EventSchema<Data extends object> {
  /** In order; empty while there is only version 1. */
  readonly upcasters: readonly ((data: JsonObject) => JsonObject)[];
  /**
   * The inverse of each upcaster: `downcasters[0]` turns version 2 into 1. It returns `undefined` for content that
   * needs the newer version. Default: none, and events are written in the newest version.
   */
  readonly downcasters?: readonly ((data: JsonObject) => JsonObject | undefined)[];
  /** Writes the newest version. Throws an `Error` that names the problem in the data. */
  write(data: Data): JsonObject;
  /** Reads the newest version. Throws an `Error` that names the problem in the data. */
  read(data: JsonObject): Data;
}

/** A schema for each event type, so that a new type breaks the build until it has one. */
export type EventSchemas<Event extends EventShape> = {
  readonly [Type in Event['type']]: EventSchema<Extract<Event, { readonly type: Type }>['data']>;
};

/** Makes the codec of a set of events from their schemas. @throws RangeError naming a malformed schema */
export function eventCodec<Event extends EventShape>(schemas: EventSchemas<Event>): EventCodec<Event> {
  if (typeof schemas !== 'object' || schemas === null) throw wrong('the schemas of events', 'an object', schemas);
  for (const [type, schema] of Object.entries<unknown>(schemas)) demandSchema(type, schema);
  const known = new Map<string, EventSchema<object>>(Object.entries<EventSchema<object>>(schemas));
  return {
    encode(event) {
      if (typeof event !== 'object' || event === null) throw wrong('an event', 'an object', event);
      const schema = known.get(event.type);
      if (schema === undefined) throw new TypeError(`no schema for the type ${shown(event.type)}`);
      return { type: event.type, ...oldestOf(schema, schema.write(event.data)) };
    },
    reads(type, schemaVersion) {
      const schema = known.get(type);
      return schema !== undefined && schemaVersion >= 1 && schemaVersion <= schema.upcasters.length + 1;
    },
    decode(event) {
      const schema = known.get(event.type);
      if (schema === undefined)
        throw new Fault('written-by-newer-program', { ...placeOf(event), problem: 'the type is unknown' });
      const data = readData(schema, event);
      return (data === event.data ? event : withData(event, data)) as Recorded<Event>;
    },
  };
}

function demandSchema(type: string, schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) throw wrong(`the schema of ${type}`, 'an object', schema);
  const upcasters: unknown = Reflect.get(schema, 'upcasters');
  const downcasters: unknown = Reflect.get(schema, 'downcasters') ?? [];
  if (!isListOfFunctions(upcasters)) throw wrong(`upcasters of ${type}`, 'a list of functions', upcasters);
  if (!isListOfFunctions(downcasters)) throw wrong(`downcasters of ${type}`, 'a list of functions', downcasters);
  for (const name of ['read', 'write']) {
    const member: unknown = Reflect.get(schema, name);
    if (typeof member !== 'function') throw wrong(`${name} of ${type}`, 'a function', member);
  }
}

function isListOfFunctions(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'function');
}

/** Passes events on as recorded, also those of newer programs. */
export const AS_RECORDED: EventCodec<RecordedEvent> = {
  encode: ({ type, schemaVersion, data }) => ({ type, schemaVersion, data }),
  decode: (event) => event,
};

/** The content in the oldest version that can hold it. */
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
  const problem = `only schema versions 1 to ${newest} are known`;
  if (event.schemaVersion > newest) throw new Fault('written-by-newer-program', { ...placeOf(event), problem });
  try {
    let data = event.data;
    if (!(event.schemaVersion >= 1)) throw new TypeError(problem);
    for (let version = event.schemaVersion; version < newest; version++) data = upcast(schema, version, data);
    return schema.read(data);
  } catch (cause) {
    // A store that could not read the event throws when its data is read.
    if (isFault(cause, 'unreadable-event')) throw cause;
    throw unreadableEvent(event, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Converts one version up. An upcaster that returns nothing is a defect: old data must not pass for new. */
function upcast({ upcasters }: EventSchema<object>, version: number, data: JsonObject): JsonObject {
  const newer = upcasters[version - 1]?.(data);
  if (newer === undefined) throw new TypeError(`the upcaster of version ${version} returned nothing`);
  return toJsonObject(newer);
}

/** The fault for an event that can't be used. */
export function unreadableEvent(
  event: Pick<RecordedEvent, keyof EventPlace>,
  problem: string,
  cause?: unknown,
): Fault<'unreadable-event'> {
  return new Fault('unreadable-event', { ...placeOf(event), problem }, cause);
}

/** An event's place, for faults. */
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
