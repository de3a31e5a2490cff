import { ProjectionRunner } from '@login-policy/event-sourcing';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool, type PoolClient } from 'pg';
import { databaseUrl } from './database.js';
import { appendTo } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();

/**
 * Has something done once, right before the first statement that matches; the statement waits for what `begin` answers
 * with.
 */
function before(statement: RegExp, begin: () => Promise<unknown>): (client: PoolClient) => void {
  let isBegun = false;
  return (client) => {
    const ask: unknown = client.query;
    const query = (...given: readonly unknown[]): unknown => {
      const go = (): unknown => (typeof ask === 'function' ? Reflect.apply(ask, client, given) : undefined);
      if (isBegun || !statement.test(JSON.stringify(given[0]))) return go();
      isBegun = true;
      return begin().then(go);
    };
    Object.assign(client, { query });
  };
}

describe('an append that finds its rows behind', () => {
  it('does not reduce events that a runner reduces meanwhile', () =>
    onStorage(freshStorage(), async (storage) => {
      const plain = await storage.open();
      const beside = await storage.open();
      const projector = await ProjectionRunner.open({ store: beside, projection: counterTotals, follows: 'on-demand' });
      const pool = new Pool({ connectionString: await databaseUrl() });
      // The projector may have to wait for the append, whose turn it is: so the append does not wait for the projector.
      const meanwhile: Promise<unknown>[] = [];
      pool.on(
        'connect',
        before(/position > \$1 AND position <= \$2/, async () => void meanwhile.push(projector.catchUp())),
      );
      const keeping = await storage.open({ pool, listen: 'off', models: [counterTotals] });
      for (let count = 0; count < 5; count++) await plain.eventStore.append(appendTo('a'));
      await keeping.eventStore.append(appendTo('a'));
      expect(meanwhile).to.have.length(1);
      await Promise.all(meanwhile);
      // The second took no step, and left it to the one that follows.
      await (
        await ProjectionRunner.open({ store: keeping, projection: counterTotals, follows: 'on-demand' })
      ).catchUp();
      await demandSound(keeping);
      await keeping.close();
      await pool.end();
    }));

  it('is based on the rows of a runner that was faster', () =>
    onStorage(freshStorage(), async (storage) => {
      const plain = await storage.open();
      const beside = await storage.open();
      const projector = await ProjectionRunner.open({ store: beside, projection: counterTotals, follows: 'on-demand' });
      const pool = new Pool({ connectionString: await databaseUrl() });
      let overtaken = 0;
      const overtake = async (): Promise<void> => {
        await projector.catchUp();
        overtaken += 1;
      };
      const keeping = await storage.open({ pool, listen: 'off', models: [counterTotals] });
      pool.on('acquire', before(/advance_read_model_v13/, overtake));
      for (let count = 0; count < 5; count++) await plain.eventStore.append(appendTo('a'));
      await keeping.eventStore.append(appendTo('a'));
      expect(overtaken).to.equal(1);
      await demandSound(keeping);
      await keeping.close();
      await pool.end();
    }));
});
