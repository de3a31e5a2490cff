import { Projector } from '@login-policy/event-sourcing/store';
import { counterTotals } from '@login-policy/testkit';
import { describe, it } from 'mocha';
import { Pool, type PoolClient } from 'pg';
import { databaseUrl } from './database.js';
import { appendTo } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();

/** Has something done once, right before the first statement that matches. */
function before(statement: RegExp, work: () => Promise<unknown>): (client: PoolClient) => void {
  let isDone = false;
  return (client) => {
    const ask: unknown = client.query;
    const query = async (...given: readonly unknown[]): Promise<unknown> => {
      if (!isDone && statement.test(JSON.stringify(given[0]))) {
        isDone = true;
        await work();
      }
      return typeof ask === 'function' ? Reflect.apply(ask, client, given) : undefined;
    };
    Object.assign(client, { query });
  };
}

describe('an append that finds its rows behind', () => {
  it('reduces nothing that a projector reduces meanwhile', () =>
    onStorage(freshStorage(), async (storage) => {
      const plain = await storage.open();
      const projector = new Projector({ ...plain, projection: counterTotals });
      const pool = new Pool({ connectionString: await databaseUrl() });
      pool.on(
        'connect',
        before(/position > \$1 ORDER BY/, () => projector.catchUp()),
      );
      const keeping = await storage.open({ pool, listen: 'off', models: [counterTotals] });
      for (let count = 0; count < 5; count++) await plain.eventStore.append(appendTo('a'));
      await keeping.eventStore.append(appendTo('a'));
      await demandSound(keeping);
      await keeping.close();
      await pool.end();
    }));
});
