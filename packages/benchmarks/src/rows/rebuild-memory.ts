import { getInMemoryEventStore } from '@event-driven-io/emmett';
import { loginPolicyProjection } from '@login-policy/domain';
import { openMemoryStore, Projector } from '@login-policy/event-sourcing';
import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import { CastorePolicies, castoreHistory } from '../peers/castore-policies.js';
import { fold } from '../peers/emmett-policies.js';
import { historyOf, type PlainEvent } from '../workload/plain-events.js';
import { emptyPolicy, foldInPlace, type PolicyInPlace } from '../workload/plain-policy.js';
import { RECORDED_AT, recordedHistory, streamOf, type Volume } from '../workload/recorded-history.js';

/** Row 7. */
export const rebuildMemory: Row = {
  name: 'rebuild-memory',
  work: 'rebuild from 200,000 events of 1,000 policies, memory',
  unit: 'events/s',
  warmUps: 3,
  contenders: async ({ isQuick }: Setting): Promise<readonly Contender[]> => {
    const volume = { policies: 1000, eventsEach: isQuick ? 50 : 200 };
    return [raw(volume), await ours(volume), castore(volume), await emmett(volume)];
  },
  judge: (medians) => [atLeast({ of: 'ours', against: 'castore', times: 1 }, medians)],
};

function raw({ policies, eventsEach }: Volume): Contender {
  const events: { readonly stream: string; readonly event: PlainEvent; readonly at: number }[] = [];
  for (const event of historyOf(eventsEach)) {
    for (let number = 0; number < policies; number++) {
      events.push({ stream: streamOf(number), event: structuredClone(event), at: RECORDED_AT });
    }
  }
  return {
    name: 'raw',
    how: 'a plain loop over all events in the order of the store, a Map of states folded in place',
    measure: () =>
      ratePerSecond(events.length, () => {
        const states = new Map<string, PolicyInPlace>();
        for (const { stream, event, at } of events) {
          let state = states.get(stream);
          if (state === undefined) states.set(stream, (state = emptyPolicy()));
          foldInPlace(state, event, at);
        }
        if (states.size !== policies) throw new Error(`${states.size} policies`);
      }),
  };
}

async function ours(volume: Volume): Promise<Contender> {
  const { eventStore, readModels } = openMemoryStore({ history: recordedHistory(volume) });
  const projector = new Projector({ eventStore, readModels, projection: loginPolicyProjection });
  return {
    name: 'ours',
    how: 'Projector.rebuild of the login policy projection: every event decoded and checked',
    measure: () => ratePerSecond(volume.policies * volume.eventsEach, () => projector.rebuild()),
  };
}

function castore({ policies, eventsEach }: Volume): Contender {
  const store = new CastorePolicies();
  const streams = Array.from({ length: policies }, (_, number) => castoreHistory(streamOf(number), eventsEach));
  return {
    name: 'castore',
    how: 'buildAggregate, policy by policy; its events are not checked',
    measure: () =>
      ratePerSecond(policies * eventsEach, () => {
        const states = streams.map((events) => store.build(events));
        if (states.some((state) => state?.version !== eventsEach)) throw new Error('not all events were folded');
      }),
  };
}

async function emmett({ policies, eventsEach }: Volume): Promise<Contender> {
  const store = getInMemoryEventStore();
  for (let number = 0; number < policies; number++) {
    await store.appendToStream<PlainEvent>(streamOf(number), structuredClone([...historyOf(eventsEach)]));
  }
  return {
    name: 'emmett',
    how: 'aggregateStream, policy by policy; its events are not checked',
    measure: () =>
      ratePerSecond(policies * eventsEach, async () => {
        for (let number = 0; number < policies; number++) await store.aggregateStream(streamOf(number), fold);
      }),
  };
}
