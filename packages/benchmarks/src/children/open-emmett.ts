import { getSQLiteEventStore } from '@event-driven-io/emmett-sqlite';
import { streamName } from '../workload/instance-id.js';
import type { PlainEvent } from '../workload/plain-events.js';
import { evolvePlain, noPolicy, type PlainPolicy } from '../workload/plain-policy.js';

const [path = ''] = process.argv.slice(2);
const store = getSQLiteEventStore({ fileName: path });
const { state } = await store.aggregateStream<PlainPolicy, PlainEvent>(streamName(0), {
  initialState: () => noPolicy,
  evolve: (policy: PlainPolicy, event: PlainEvent) => evolvePlain(policy, event, 0),
});
console.log(state.multiFactors.join(), state.sequence);
