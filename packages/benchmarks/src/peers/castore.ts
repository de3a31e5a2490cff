import { EventStore, EventType, type EventDetail, type EventStorageAdapter } from '@castore/core';
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory';
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres';
import { freshDatabase } from '../raw/postgres-server.js';
import { decidePlain, emptyPolicy, fold, type PlainEvent, type PlainPolicy } from '../workload/plain-policy.js';
import type { Peer, PeerPolicies } from './peers.js';

interface Payload {
  readonly event: PlainEvent;
}

interface Aggregate {
  readonly aggregateId: string;
  readonly version: number;
  readonly policy: PlainPolicy;
}

const type = 'PolicyEvent';
const eventTypes = [new EventType<typeof type, Payload>({ type })];
const method = 'getAggregate, then pushEvent, an event at a time; no row is kept';

function reducer(
  aggregate: Aggregate | undefined,
  { aggregateId, version, payload }: EventDetail<typeof type, Payload, never>,
): Aggregate {
  return { aggregateId, version, policy: fold(aggregate?.policy ?? emptyPolicy(), payload.event, 0) };
}

function policiesIn(eventStorageAdapter: EventStorageAdapter): PeerPolicies {
  const store = new EventStore({ eventStoreId: 'policies', eventTypes, reducer, eventStorageAdapter });
  const push = async (aggregateId: string, after: number, events: readonly PlainEvent[]): Promise<void> => {
    for (const [index, event] of events.entries()) {
      await store.pushEvent({ aggregateId, version: after + index + 1, type, payload: { event } });
    }
  };
  return {
    async command(aggregateId, command) {
      const { aggregate } = await store.getAggregate(aggregateId);
      await push(aggregateId, aggregate?.version ?? 0, decidePlain(command, aggregate?.policy ?? emptyPolicy()));
    },
    seed: (aggregateId, events) => push(aggregateId, 0, events),
    async load(aggregateId) {
      const { aggregate } = await store.getAggregate(aggregateId);
      return aggregate?.version ?? 0;
    },
    // It has nothing to close.
    close: async () => undefined,
  };
}

/** castore in memory. */
export const castoreMemory: Peer = {
  name: 'castore',
  method,
  open: async () => policiesIn(new InMemoryEventStorageAdapter()),
};

/** castore on PostgreSQL. */
export const castorePostgres: Peer = {
  name: 'castore',
  method,
  open: async () => openCastore(await castoreDatabase()),
};

/** A new database with castore's table. */
export async function castoreDatabase(): Promise<string> {
  const connectionString = await freshDatabase();
  const aggregateId = { type: 'VARCHAR', length: 200 } as const;
  await PostgresEventStorageAdapter.createEventTable({ connectionString, aggregateId });
  return connectionString;
}

/** castore on such a database. */
export function openCastore(connectionString: string): PeerPolicies {
  return policiesIn(new PostgresEventStorageAdapter({ connectionString }));
}
