import type { AuditFilter } from '@login-policy/domain/audit';
import type { InstanceRef } from '@login-policy/domain';
import { InvalidValue, parseId } from '@login-policy/domain/model';
import { hintFor } from '@login-policy/event-sourcing';
import type { ListEventsRequest } from '@zitadel/proto/zitadel/admin_pb.js';
import { isMessage } from '@bufbuild/protobuf';
import { TimestampSchema, type Timestamp } from '@bufbuild/protobuf/wkt';
import { ruleBroken, unreadable } from '../errors/refusals.js';
import { AGGREGATE_TYPES, EVENT_TYPES, eventTypeNamed, type AggregateType } from '../messages/event-types.js';

/** A checked search for events. */
export interface EventSearch {
  /** Events that match one of them are found; each event matches at most one. */
  readonly filters: readonly AuditFilter[];
  readonly direction: 'backwards' | 'forwards';
  readonly limit: number;
  /** Only events after this sequence of their policies. */
  readonly after: bigint;
}

const MOST = 1000;

/** Parses a search, in ZITADEL's words. @throws ApiError that names the field. */
export function searchIn(request: ListEventsRequest, instance: InstanceRef): EventSearch {
  const { asc, limit, sequence } = request;
  if (limit > MOST) throw ruleBroken('limit', `at most ${MOST}`);
  const editor = optionalId(request.editorUserId, 'editorUserId');
  const shared = { ...(editor !== undefined && { actor: editor }), ...timesIn(request) };
  return {
    filters: typesIn(request)
      .flatMap((one) => owned(one, request, instance))
      .map((filter) => ({ ...shared, ...filter })),
    direction: asc ? 'forwards' : 'backwards',
    limit: limit === 0 ? MOST : limit,
    after: sequence,
  };
}

function optionalId(text: string, field: string): string | undefined {
  try {
    return text === '' ? undefined : parseId(text, field);
  } catch (caught) {
    if (caught instanceof InvalidValue) throw unreadable(caught.message);
    throw caught;
  }
}

/** A type of events on policies of these aggregates; without a type, all. */
interface Wanted {
  readonly aggregates: readonly AggregateType[];
  readonly type?: string;
}

/** What the request's types allow: events of one of its types, if there are any, on one of its aggregates. */
function typesIn({ aggregateTypes, eventTypes }: ListEventsRequest): readonly Wanted[] {
  const named = aggregateTypes.map((name, index) => {
    const type = AGGREGATE_TYPES.find((one) => one === name);
    if (type !== undefined) return type;
    throw ruleBroken(`aggregateTypes[${index}]`, 'one of instance, org: those that have a login policy');
  });
  const aggregates = AGGREGATE_TYPES.filter((one) => named.length === 0 || named.includes(one));
  const types = eventTypes.map((name, index) => {
    const type = eventTypeNamed(name);
    if (type !== undefined) return type;
    const problem = `eventTypes[${index}] is not a type of events of login policies.`;
    throw unreadable(`${problem} ${hintFor(name, EVENT_TYPES, '')}`.trimEnd());
  });
  if (types.length === 0) return [{ aggregates }];
  const recorded = new Set(types.flatMap(({ type }) => type ?? []));
  return [...recorded].map((type) => ({
    type,
    aggregates: aggregates.filter((one) => types.some((wanted) => wanted.type === type && wanted.aggregate === one)),
  }));
}

/** The filters for one type, on the policies that the request's owner and aggregate allow. */
function owned(
  { aggregates, type }: Wanted,
  request: ListEventsRequest,
  { instanceId }: InstanceRef,
): readonly AuditFilter[] {
  const ids = new Set(
    [optionalId(request.aggregateId, 'aggregateId'), optionalId(request.resourceOwner, 'resourceOwner')].filter(
      (id) => id !== undefined,
    ),
  );
  // One policy has one owner, which is its aggregate.
  if (ids.size > 1) return [];
  const [id] = ids;
  const ofType = type === undefined ? {} : { type };
  const isWhole = id === undefined && aggregates.length === AGGREGATE_TYPES.length;
  if (isWhole) return [ofType];
  return aggregates.flatMap((one): readonly AuditFilter[] => {
    if (one === 'instance') return id === undefined || id === instanceId ? [{ ...ofType, isDefault: true }] : [];
    if (id === undefined) return [{ ...ofType, isDefault: false }];
    return [{ ...ofType, organizationId: id }];
  });
}

/** As in ZITADEL: `from` is where a search goes on, in its direction; all bounds are exclusive. */
function timesIn(request: ListEventsRequest): Pick<AuditFilter, 'from' | 'to'> {
  const { asc, creationDateFilter } = request;
  const old = oldStartOf(request);
  if (old !== undefined && creationDateFilter.case !== undefined)
    throw ruleBroken('creationDate', `left out beside ${creationDateFilter.case}`);
  if (creationDateFilter.case === 'range') {
    const { since, until } = creationDateFilter.value;
    return { ...(since && after(since, 'range.since')), ...(until && before(until, 'range.until')) };
  }
  const [start, field] = old === undefined ? [creationDateFilter.value, 'from'] : [old, 'creationDate'];
  if (start === undefined) return {};
  return asc ? after(start, field) : before(start, field);
}

/** The deprecated `creationDate`, which older programs send in place of `from`. */
function oldStartOf(request: ListEventsRequest): Timestamp | undefined {
  const old: unknown = Reflect.get(request, 'creationDate');
  return isMessage(old, TimestampSchema) ? old : undefined;
}

const [FIRST_SECOND, LAST_SECOND] = [-62_135_596_800n, 253_402_300_799n];
const [MS_PER_SECOND, NANOS_PER_MS, LAST_MS] = [1000, 1_000_000, Date.parse('9999-12-31T23:59:59.999Z')];

/** Events are recorded in whole milliseconds. */
function after(time: Timestamp, field: string): Pick<AuditFilter, 'from'> {
  return { from: new Date(Math.min(Math.floor(millisecondsOf(time, field)) + 1, LAST_MS)) };
}

function before(time: Timestamp, field: string): Pick<AuditFilter, 'to'> {
  return { to: new Date(Math.min(Math.ceil(millisecondsOf(time, field)), LAST_MS)) };
}

function millisecondsOf({ nanos, seconds }: Timestamp, field: string): number {
  const isTime =
    seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos < MS_PER_SECOND * NANOS_PER_MS;
  if (!isTime) throw ruleBroken(field, 'a time in the years 1 to 9999');
  return Number(seconds) * MS_PER_SECOND + nanos / NANOS_PER_MS;
}
