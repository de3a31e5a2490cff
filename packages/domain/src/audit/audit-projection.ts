import {
  AS_RECORDED,
  eventId,
  instant,
  type Instant,
  instantToIso,
  isJsonObject,
  type Json,
  parseInstant,
  parsePosition,
  parseStreamId,
  type Position,
  positionToString,
  type Projection,
  type RecordedEvent,
  revision,
  type StreamId,
} from '@login-policy/event-sourcing';
import { ofStored, parseObject } from '../input/invalid-value.js';
import { parseText } from '../input/text.js';
import { isPolicyStream, ownerOfStream, POLICY_STREAMS, type Owner } from '../policy/owner.js';
import { indexedWord, wordsOf } from './words.js';

/** An event of a policy as the audit log stores it, of a known or an unknown type. */
export type LoggedEvent = Omit<RecordedEvent, 'append'>;

/** The time of an instance's log: the latest `recordedAt` of its events so far. */
interface LogTime {
  readonly is: 'time';
  readonly time: Instant;
  /** The event that set it; not stored. */
  readonly last: LoggedEvent | undefined;
}

/** One event of an instance's policies. */
interface LogEntry {
  readonly is: 'entry';
  readonly event: LoggedEvent;
}

/** A row of the audit log. */
export type AuditRow = LogEntry | LogTime;

/** The indexes of entries, apart from time: all entries of an instance, or those with one value. */
export type AuditIndex = 'about' | 'actor' | 'all' | 'owner' | 'type' | 'word';

/**
 * An index value within an instance. Ids contain no line breaks, so one separates the parts. An event of a foreign
 * program may contain half a character, which no index takes.
 */
export function auditValue(instanceId: string, value: string): string {
  return `${instanceId}\n${value}`.toWellFormed();
}

/** Index values of factors and identity providers. They have prefixes, because a provider's id may be any text. */
export const ABOUT = {
  factor: (factor: string): string => `factor ${factor}`,
  identityProvider: (id: string): string => `provider ${id}`,
} as const;

/** Enough digits for every instant, and for every position. */
const [TIME_DIGITS, POSITION_DIGITS] = [11, 33];

/** The smallest key of entries logged at this time or later. */
export function timeKey(time: Instant): string {
  return Math.max(0, time).toString(36).padStart(TIME_DIGITS, '0');
}

/**
 * The key of an entry: the time of the log, which never goes back, then the position. Key order is therefore both time
 * order and commit order, and a time is found without a search.
 */
export function entryKey(time: Instant, position: Position): string {
  return `${timeKey(time)}${position.toString(36).padStart(POSITION_DIGITS, '0')}`;
}

/** The time of the log in the key of an entry. */
export function timeOfKey(key: string): Instant {
  return instant(parseInt(key.slice(0, TIME_DIGITS), 36));
}

/** Whether a text is the key of an entry. */
export function isEntryKey(text: string): boolean {
  return /^[0-9a-z]{44}$/.test(text);
}

/** Whether the entry under a key is at this position or before it. */
export function isUpTo(key: string, position: Position): boolean {
  return key.slice(TIME_DIGITS) <= position.toString(36).padStart(POSITION_DIGITS, '0');
}

/** Every event of every policy in commit order, with its index values. */
export const auditProjection: Projection<RecordedEvent, AuditRow> = {
  name: 'login-policy-audit',
  version: 1,
  filter: POLICY_STREAMS,
  covers: isPolicyStream,
  // The audit log includes events of newer programs.
  events: AS_RECORDED,
  rows: { encode: encodeRow, decode: ofStored(decodeRow) },
  key: (streamId) => `time of ${ownerOfStream(streamId)?.instanceId ?? ''}`,
  index: indexOf,
  indexUnreadable,
  reduce(row, event) {
    const before = row?.is === 'time' ? row.time : event.recordedAt;
    return { is: 'time', time: before > event.recordedAt ? before : event.recordedAt, last: event };
  },
  snapshot: (row, { position }) =>
    row.is === 'time' && row.last !== undefined
      ? { key: entryKey(row.time, position), row: { is: 'entry', event: row.last } }
      : undefined,
};

/** The owner of an event's policy. */
export function ownerOfEvent({ streamId }: Pick<LoggedEvent, 'streamId'>): Owner {
  const owner = ownerOfStream(streamId);
  if (owner === undefined) throw new TypeError(`${streamId} is not the stream of a login policy`);
  return owner;
}

/** What an event is found by. */
export function valuesOf(event: LoggedEvent): Readonly<Record<AuditIndex, readonly string[]>> {
  const owner = ownerOfEvent(event);
  const { factor, id, identityProvider } = event.data;
  const about: string[] = [];
  if (typeof factor === 'string') about.push(ABOUT.factor(factor));
  const linked = isJsonObject(identityProvider) ? identityProvider['id'] : id;
  if (typeof linked === 'string') about.push(ABOUT.identityProvider(linked));
  return {
    all: [''],
    actor: [event.metadata.actor],
    type: [event.type],
    owner: ['organizationId' in owner ? owner.organizationId : ''],
    about,
    word: event.metadata.reason === undefined ? [] : wordsOf(event.metadata.reason),
  };
}

function indexOf(row: AuditRow): Readonly<Record<string, readonly string[]>> {
  if (row.is === 'time') return {};
  const { instanceId } = ownerOfEvent(row.event);
  const { word, ...others } = valuesOf(row.event);
  const found = Object.entries({ ...others, word: word.map(indexedWord) });
  return Object.fromEntries(
    found.map(([index, values]) => [index, values.map((value) => auditValue(instanceId, value))]),
  );
}

/** An entry that can't be kept is found among all, so that no page passes over it. */
function indexUnreadable(streamId: StreamId): Readonly<Record<string, string>> {
  const owner = ownerOfEvent({ streamId });
  const ownId = 'organizationId' in owner ? owner.organizationId : '';
  return { all: auditValue(owner.instanceId, ''), owner: auditValue(owner.instanceId, ownId) };
}

/** The idempotency key is left out, because it belongs to its caller. */
function encodeRow(row: AuditRow): Json {
  if (row.is === 'time') return { time: instantToIso(row.time) };
  const { id, streamId, revision: place, position, recordedAt, type, schemaVersion, data, metadata } = row.event;
  const { actor, correlationId, causationId, reason } = metadata;
  return {
    id,
    streamId,
    revision: String(place),
    position: positionToString(position),
    recordedAt: instantToIso(recordedAt),
    type,
    schemaVersion,
    data,
    actor,
    correlationId,
    ...(causationId !== undefined && { causationId }),
    ...(reason !== undefined && { reason }),
  };
}

const MEMBERS = [
  ...['id', 'streamId', 'revision', 'position', 'recordedAt', 'type', 'schemaVersion', 'data'],
  ...['actor', 'correlationId', 'causationId', 'reason'],
];

/** Decodes a stored row. @throws InvalidValue, RangeError, TypeError when it is malformed. */
function decodeRow(stored: Json): AuditRow {
  if (isJsonObject(stored) && 'time' in stored)
    return { is: 'time', time: parseInstant(parseText(stored['time'], 'row.time')), last: undefined };
  const row = parseObject(stored, 'row', MEMBERS);
  const text = (name: string): string => parseText(row[name], `row.${name}`);
  const optional = (name: 'causationId' | 'reason'): object => (row[name] === undefined ? {} : { [name]: text(name) });
  const { schemaVersion } = row;
  const data = isJsonObject(stored) ? stored['data'] : undefined;
  if (!isJsonObject(data)) throw new TypeError('row.data is not an object');
  return {
    is: 'entry',
    event: {
      id: eventId(text('id')),
      streamId: parseStreamId(text('streamId')),
      revision: revision(BigInt(text('revision'))),
      position: parsePosition(text('position')),
      recordedAt: parseInstant(text('recordedAt')),
      type: text('type'),
      schemaVersion: Number(schemaVersion),
      data,
      metadata: {
        actor: text('actor'),
        correlationId: text('correlationId'),
        ...optional('causationId'),
        ...optional('reason'),
      },
    },
  };
}
