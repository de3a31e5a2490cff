import { CommandHandler, type EventStore } from '@event-driven-io/emmett';
import { FACTOR } from '../workload/factor.js';
import { historyOf, type PlainEvent } from '../workload/plain-events.js';
import { evolvePlain, noPolicy, type PlainPolicy } from '../workload/plain-policy.js';

/** How emmett folds a policy. */
export const fold = {
  initialState: (): PlainPolicy => noPolicy,
  evolve: (policy: PlainPolicy, event: PlainEvent): PlainPolicy => evolvePlain(policy, event, 0),
};

const handle = CommandHandler<PlainPolicy, PlainEvent>(fold);

/** Adds a policy as on a fresh instance: four events. */
export async function addToEmmett(store: EventStore, stream: string): Promise<void> {
  await store.appendToStream<PlainEvent>(stream, [...historyOf(4)]);
}

/** Takes the multi-factor off or puts it on, by emmett's command handler. */
export async function commandToEmmett(store: EventStore, stream: string): Promise<void> {
  await handle(store, stream, (policy) => ({
    type: policy.multiFactors.includes(FACTOR) ? 'MultiFactorRemoved' : 'MultiFactorAdded',
    data: { factor: FACTOR },
  }));
}
