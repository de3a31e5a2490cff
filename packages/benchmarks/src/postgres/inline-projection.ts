import { pongoSingleStreamProjection } from '@event-driven-io/emmett-postgresql';
import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import { addPolicy, commandsInTurn } from '../workload/our-policies.js';
import { historyOf, type PlainEvent } from '../workload/plain-events.js';
import { evolvePlain, noPolicy, type PlainPolicy } from '../workload/plain-policy.js';
import { newEvents, streamOf } from '../workload/recorded-history.js';
import { withOurs, withRaw } from './databases.js';
import { emmettPostgres } from './peers.js';

const STREAM = streamOf(0);

/** Row 4. */
export const inlineProjection: Row = {
  name: 'inline-projection',
  work: 'append with inline projection, one after another',
  unit: 'appends/s',
  warmUps: 1,
  contenders: async (setting) => [raw(setting), ours(setting), byCommand(setting), emmett(setting)],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 0.9 }, medians)],
};

function countOf({ isQuick }: Setting): number {
  return isQuick ? 300 : 2000;
}

function raw(setting: Setting): Contender {
  const count = countOf(setting);
  return {
    name: 'raw',
    how: 'pg, one prepared statement: insert the event, write the row, which is folded from the state kept here; no checkpoint',
    measure: () =>
      withRaw((database) =>
        ratePerSecond(count, async () => {
          let policy: PlainPolicy = noPolicy;
          for (const [revision, event] of historyOf(count).entries()) {
            policy = evolvePlain(policy, event, Date.now());
            await database.insertAndPut({ stream: STREAM, revision }, event, JSON.stringify(policy));
          }
        }),
      ),
  };
}

function ours(setting: Setting): Contender {
  const count = countOf(setting);
  return {
    name: 'ours',
    how: 'eventStore.append, the read model inline',
    measure: () =>
      withOurs('inline', async ({ store: { eventStore } }) => {
        const events = newEvents(count);
        return ratePerSecond(count, async () => {
          for (const event of events) await eventStore.append({ streamId: STREAM, expected: 'any', events: [event] });
        });
      }),
  };
}

function byCommand(setting: Setting): Contender {
  const count = countOf(setting);
  return {
    name: 'ours, by command',
    how: 'openLoginPolicies, the read model inline: checked and decided as well',
    measure: () =>
      withOurs('inline', async ({ policies }) => {
        await addPolicy(policies, 'bench');
        return ratePerSecond(count, () => commandsInTurn(policies, 'bench', count));
      }),
  };
}

function emmett(setting: Setting): Contender {
  const count = Math.min(countOf(setting), 500);
  return emmettPostgres({
    name: 'emmett-postgresql',
    how: `appendToStream with pongoSingleStreamProjection inline; only ${count} appends`,
    options: { projections: [{ type: 'inline', projection }] },
    measure: async (store) =>
      ratePerSecond(count, async () => {
        for (const event of historyOf(count)) await store.appendToStream<PlainEvent>(STREAM, [event]);
      }),
  });
}

type Document = PlainPolicy & Record<string, unknown>;

const projection = pongoSingleStreamProjection<Document, PlainEvent>({
  collectionName: 'policies',
  canHandle: ['LoginPolicyAdded', 'SecondFactorAdded', 'MultiFactorAdded', 'MultiFactorRemoved'],
  initialState: () => ({ ...noPolicy }),
  evolve: (policy: Document, event: PlainEvent): Document => ({ ...evolvePlain(policy, event, Date.now()) }),
});
