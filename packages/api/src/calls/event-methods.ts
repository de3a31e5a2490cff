import type { InstanceRef } from '@login-policy/domain';
import type { AuditEntry, AuditFilter, AuditLog } from '@login-policy/domain/audit';
import { ADMIN } from '../contract/descriptors.js';
import { noAuditLog } from '../errors/refusals.js';
import { aggregateTypeMessage, eventMessage, eventTypeMessage } from '../messages/event.js';
import { AGGREGATE_TYPES, EVENT_TYPES } from '../messages/event-types.js';
import type { ReadContext } from './call-context.js';
import { searchIn, type EventSearch } from './event-search.js';
import { OF_INSTANCE } from './scope.js';
import { serve, type Binding, type ServedMethod } from './served-method.js';

/** The searches for events of the admin service: of them, the events of login policies. */
export function eventMethods(binding: Binding): readonly ServedMethod[] {
  const { method } = ADMIN;
  const opened = (): AuditLog => {
    if (binding.auditLog === undefined) throw noAuditLog();
    return binding.auditLog;
  };
  const methods = [
    serve(OF_INSTANCE, method.listEvents, async (request, { instance, read }) => {
      const auditLog = opened();
      const reading = { ...binding, auditLog, instance, read };
      const events: AuditEntry[] = [];
      for await (const entry of matching(searchIn(request, instance), reading)) events.push(entry);
      return { message: { events: events.map(eventMessage) } };
    }),
    serve(OF_INSTANCE, method.listEventTypes, async () => {
      opened();
      return { message: { eventTypes: EVENT_TYPES.map(eventTypeMessage) } };
    }),
    serve(OF_INSTANCE, method.listAggregateTypes, async () => {
      opened();
      return { message: { aggregateTypes: AGGREGATE_TYPES.map(aggregateTypeMessage) } };
    }),
  ];
  return methods.map((one) => ({ ...one, isOptional: true, takesMoment: false }));
}

interface Reading extends Pick<Binding, 'answers'> {
  readonly auditLog: AuditLog;
  readonly instance: InstanceRef;
  readonly read: ReadContext<InstanceRef>['read'];
}

/** At most this many events more than the limit, where they have the time of the last one. */
const MOST_MORE = 1000;
const [SMALLEST_PAGE, LARGEST_PAGE] = [100, 1000];

/**
 * The events of a search. A client goes on from the time of the last one, exclusively, so an answer does not end between
 * events of one time.
 */
async function* matching(search: EventSearch, reading: Reading): AsyncGenerator<AuditEntry, void, undefined> {
  const { after, direction, filters, limit } = search;
  // Not one by one where many are passed over, or follow at the same time.
  const page = {
    direction,
    limit: after === 0n ? Math.min(Math.max(limit + 1, SMALLEST_PAGE), LARGEST_PAGE) : LARGEST_PAGE,
  };
  const sources = filters.map((filter) => entriesOf(filter, page, reading));
  let [count, last] = [0, Number.NaN];
  for await (const entry of inOrder(sources, direction)) {
    if (entry.sequence <= after) continue;
    const time = entry.loggedAt.toMillis();
    if (count >= limit + MOST_MORE || (count >= limit && time !== last)) return;
    [count, last] = [count + 1, time];
    yield entry;
  }
}

/** All entries that match a filter, read by page. @throws ApiError for a filter that the log refuses */
async function* entriesOf(
  filter: AuditFilter,
  page: Pick<EventSearch, 'direction' | 'limit'>,
  { answers, auditLog, instance, read }: Reading,
): AsyncGenerator<AuditEntry, void, undefined> {
  const { asOf: _, ...freshness } = read;
  for (let after: string | undefined; ;) {
    const options = { ...freshness, ...filter, ...page, ...(after !== undefined && { after }) };
    const { entries, next } = await answers.ofRead(auditLog.entries(instance, options));
    yield* entries;
    if (next === undefined) return;
    after = next;
  }
}

/** Merges entries that come in this order into one sequence. */
async function* inOrder(
  sources: readonly AsyncGenerator<AuditEntry, void, undefined>[],
  direction: EventSearch['direction'],
): AsyncGenerator<AuditEntry, void, undefined> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, entry: await nextOf(source) })));
  for (;;) {
    const [first] = heads
      .filter(({ entry }) => entry !== undefined)
      .sort((one, other) => order(one.entry, other.entry) * (direction === 'forwards' ? 1 : -1));
    if (first?.entry === undefined) return;
    yield first.entry;
    first.entry = await nextOf(first.source);
  }
}

async function nextOf(source: AsyncGenerator<AuditEntry, void, undefined>): Promise<AuditEntry | undefined> {
  const next = await source.next();
  return next.done === true ? undefined : next.value;
}

function order(one: AuditEntry | undefined, other: AuditEntry | undefined): number {
  return (one?.position ?? 0n) < (other?.position ?? 0n) ? -1 : 1;
}
