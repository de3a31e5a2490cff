import { EventStore, EventType, type EventDetail, type EventStorageAdapter } from '@castore/core';
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory';
import type { Json, JsonObject } from '@login-policy/event-sourcing';
import { FACTOR } from '../workload/factor.js';
import { historyOf } from '../workload/plain-events.js';
import { including, without } from '../workload/plain-policy.js';

interface WithFactor {
  readonly factor: string;
}

const added = new EventType<'LoginPolicyAdded', JsonObject>({ type: 'LoginPolicyAdded' });
const secondFactorAdded = new EventType<'SecondFactorAdded', WithFactor>({ type: 'SecondFactorAdded' });
const multiFactorAdded = new EventType<'MultiFactorAdded', WithFactor>({ type: 'MultiFactorAdded' });
const multiFactorRemoved = new EventType<'MultiFactorRemoved', WithFactor>({ type: 'MultiFactorRemoved' });
const eventTypes = [added, secondFactorAdded, multiFactorAdded, multiFactorRemoved];

/** An event as castore keeps it. */
export type CastoreEvent =
  | EventDetail<'LoginPolicyAdded', JsonObject, never>
  | EventDetail<'SecondFactorAdded' | 'MultiFactorAdded' | 'MultiFactorRemoved', WithFactor, never>;

/** The policy as castore wants an aggregate. */
export interface CastorePolicy {
  readonly aggregateId: string;
  readonly version: number;
  readonly settings: Json | undefined;
  readonly secondFactors: readonly string[];
  readonly multiFactors: readonly string[];
  readonly createdAt: string;
  readonly changedAt: string;
}

function reducer(policy: CastorePolicy, event: CastoreEvent): CastorePolicy {
  const { aggregateId, version, timestamp: changedAt } = event;
  if (event.type === 'LoginPolicyAdded') {
    const { settings } = event.payload;
    const createdAt = changedAt;
    return { aggregateId, version, settings, secondFactors: [], multiFactors: [], createdAt, changedAt };
  }
  const { settings, secondFactors, multiFactors, createdAt } = policy;
  switch (event.type) {
    case 'SecondFactorAdded': {
      const after = including(secondFactors, event.payload.factor);
      return { aggregateId, version, settings, secondFactors: after, multiFactors, createdAt, changedAt };
    }
    case 'MultiFactorAdded': {
      const after = including(multiFactors, event.payload.factor);
      return { aggregateId, version, settings, secondFactors, multiFactors: after, createdAt, changedAt };
    }
    case 'MultiFactorRemoved': {
      const left = without(multiFactors, event.payload.factor);
      return { aggregateId, version, settings, secondFactors, multiFactors: left, createdAt, changedAt };
    }
  }
}

/** The policies in a castore event store, in memory if nothing else is said. */
export class CastorePolicies {
  readonly #store;

  constructor(eventStorageAdapter: EventStorageAdapter = new InMemoryEventStorageAdapter()) {
    this.#store = new EventStore({ eventStoreId: 'policies', eventTypes, reducer, eventStorageAdapter });
  }

  /** Adds a policy as on a fresh instance: four events. */
  async add(aggregateId: string): Promise<void> {
    for (const event of castoreHistory(aggregateId, 4)) await this.#store.pushEvent(event);
  }

  /** Takes the multi-factor off or puts it on: load, decide, push, as castore's documentation does it. */
  async command(aggregateId: string): Promise<void> {
    const { aggregate } = await this.#store.getExistingAggregate(aggregateId);
    const type = aggregate.multiFactors.includes(FACTOR) ? 'MultiFactorRemoved' : 'MultiFactorAdded';
    const event = { aggregateId, version: aggregate.version + 1, type, payload: { factor: FACTOR } } as const;
    await this.#store.pushEvent(event, { prevAggregate: aggregate });
  }

  /** Loads and folds one policy, and answers with how many events it has. */
  async load(aggregateId: string): Promise<number> {
    const { events } = await this.#store.getAggregate(aggregateId);
    return events.length;
  }

  /** Folds the events of one policy. */
  build(events: CastoreEvent[]): CastorePolicy | undefined {
    return this.#store.buildAggregate(events);
  }
}

/** The first events of a policy as castore keeps them. */
export function castoreHistory(aggregateId: string, count: number): CastoreEvent[] {
  const timestamp = new Date(Date.UTC(2025, 0, 1)).toISOString();
  return historyOf(count).map((event, index) => {
    const place = { aggregateId, version: index + 1, timestamp };
    return event.type === 'LoginPolicyAdded'
      ? { ...place, type: event.type, payload: { ...event.data } }
      : { ...place, type: event.type, payload: { ...event.data } };
  });
}
