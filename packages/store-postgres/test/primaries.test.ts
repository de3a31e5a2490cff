import { accept, CommandHandler, ProjectionRunner, isFault, START, type Decider } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { counterEvents, counterTotals, type CounterEvent } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { onCluster, untilShown } from './cluster.js';
import { refusal } from './refusal.js';
import { allEvents, appendTo, counterStream } from './sample.js';
import { eventually } from './waiting.js';

/** Refused by name, and so that the same may be asked again. */
async function demandNoPrimary(asked: Promise<unknown>): Promise<void> {
  const caught = await refusal(asked);
  expect(isFault(caught) ? [caught.code, caught.retryable] : caught).to.deep.equal(['store-unavailable', true]);
  expect(String(caught)).to.include('only a primary answers');
}

/** Changes nothing, whatever is there. */
const nothing: Decider<object, CounterEvent, number, never> = { initial: 0, evolve: () => 0, decide: () => accept() };

describe('a PostgreSQL server that is not a primary (Q72)', () => {
  it('opens no store, answers no read, and accepts no command, until it is promoted', () =>
    onCluster({}, async (cluster) => {
      const { standby, way, store } = cluster;
      const follower = await ProjectionRunner.open({ store, projection: counterTotals });
      const handler = new CommandHandler({ eventStore: store.eventStore, decider: nothing, events: counterEvents });
      const [event] = await store.eventStore.append(appendTo('a'));
      await untilShown(cluster);
      way.leadTo(standby);
      way.cut();
      const pool = new Pool({ connectionString: standby.url });
      await demandNoPrimary(openPostgresStore({ pool }));
      await demandNoPrimary(allEvents(store.eventStore));
      await demandNoPrimary(store.eventStore.head());
      await demandNoPrimary(store.eventStore.knows(event?.position ?? START));
      await demandNoPrimary(store.eventStore.receipt(counterStream('a'), 'key'));
      await demandNoPrimary(follower.read([counterStream('a')]));
      await demandNoPrimary(handler.handle(counterStream('a'), {}, { actor: 'tester' }));
      await demandNoPrimary(store.eventStore.append(appendTo('a')));
      await standby.promote();
      expect((await follower.read([counterStream('a')])).rows.get(counterStream('a'))?.total).to.equal(1);
      expect(await handler.handle(counterStream('a'), {}, { actor: 'tester' })).to.include({ outcome: 'accepted' });
      await follower.close();
      await pool.end();
    }));

  it('is left at once by all idle connections of a pool, once another has taken over', () =>
    onCluster({}, async (cluster) => {
      const { primary, standby, way, pool, store } = cluster;
      await store.eventStore.append(appendTo('a'));
      const fill = async (): Promise<void> => {
        const clients = await Promise.all(Array.from({ length: 4 }, () => pool.connect()));
        for (const client of clients) client.release();
      };
      await fill();
      await untilShown(cluster);
      await primary.set({ default_transaction_read_only: 'on' });
      await eventually('the end of writes', async () => {
        const { rows } = await pool.query<{ setting: string }>(
          `SELECT current_setting('transaction_read_only') AS setting`,
        );
        return rows[0]?.setting === 'on';
      });
      await standby.promote();
      way.leadTo(standby);
      const [event] = await store.eventStore.append(appendTo('a'));
      expect(event?.revision).to.equal(1n);
      // All that were idle are gone.
      expect(pool.totalCount).to.be.lessThan(3);
      way.leadTo(primary);
      way.cut();
      await eventually('the end of the connections', async () => pool.totalCount === 0);
      await fill();
      way.leadTo(standby);
      expect(await allEvents(store.eventStore)).to.have.length(2);
    }));
});
