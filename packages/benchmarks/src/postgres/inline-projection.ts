import { pongoSingleStreamProjection } from '@event-driven-io/emmett-postgresql';
import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import { oursInline } from '../workload/our-contenders.js';
import { historyOf, type PlainEvent } from '../workload/plain-events.js';
import { evolvePlain, noPolicy, type PlainPolicy } from '../workload/plain-policy.js';
import { streamOf } from '../workload/recorded-history.js';
import { withOurs, withRaw } from './databases.js';
import { emmettPostgres } from './peers.js';

const STREAM = streamOf(0);

/** Row 4. */
export const inlineProjection: Row = {
  name: 'inline-projection-postgres',
  work: 'append with inline projection, one after another',
  unit: 'appends/s',
  warmUps: 3,
  contenders: async (setting) => [
    raw(setting, 'insert-put'),
    raw(setting, 'insert-put-step'),
    ...oursInline(withOurs, countOf(setting)),
    emmett(setting),
  ],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 0.9 }, medians)],
};

function countOf({ isQuick }: Setting): number {
  return isQuick ? 300 : 2000;
}

/** The statement by hand: what the target is against, and what ours does besides. */
const BY_HAND = {
  'insert-put': {
    name: 'raw',
    how: 'pg, one prepared statement: insert the event, write the row, which is folded from the state kept here',
  },
  'insert-put-step': {
    name: 'raw, with a checkpoint',
    how: 'the same statement, and it keeps how far the rows are: without that nothing can catch up or be rebuilt',
  },
} as const;

function raw(setting: Setting, statement: keyof typeof BY_HAND): Contender {
  const count = countOf(setting);
  return {
    ...BY_HAND[statement],
    measure: () =>
      withRaw((database) =>
        ratePerSecond(count, async () => {
          let policy: PlainPolicy = noPolicy;
          for (const [revision, event] of historyOf(count).entries()) {
            policy = evolvePlain(policy, event, Date.now());
            const placed = { place: { stream: STREAM, revision }, event };
            await database.insertAndPut(statement, placed, JSON.stringify(policy));
          }
        }),
      ),
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
