import { migratePostgresStore, openPostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { dropSchema } from './database.js';
import { refusal } from './refusal.js';
import { allEvents, appendTo } from './sample.js';
import { demandSound } from './soundness.js';
import { keeping, onStorage, storages } from './stores.js';

const freshStorage = storages();

describe('a schema on PostgreSQL that was renamed', () => {
  it('is written to itself, and not the schema that has its old name now', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const [before, renamed] = [await storage.open({ models: [counterTotals] }), `${schema}_old`];
      for (let count = 0; count < 2; count++) await before.eventStore.append(appendTo('a'));
      await before.close();
      await pool.query(`ALTER SCHEMA "${schema}" RENAME TO "${renamed}"`);
      const live = await storage.open({ models: [counterTotals] });
      await live.eventStore.append(appendTo('b'));
      expect(await refusal(openPostgresStore({ pool, schema: renamed, migrate: 'check' }))).to.include({
        code: 'store-foreign',
      });
      const old = await keeping(await openPostgresStore({ pool, schema: renamed }), [counterTotals]);
      await old.eventStore.append(appendTo('a'));
      const streamsOf = async (store: typeof old): Promise<readonly string[]> =>
        (await allEvents(store.eventStore)).map(({ streamId, revision }) => `${streamId} ${revision}`);
      expect(await streamsOf(live)).to.deep.equal(['Counter-b 0']);
      expect(await streamsOf(old)).to.deep.equal(['Counter-a 0', 'Counter-a 1', 'Counter-a 2']);
      for (const store of [live, old]) await demandSound(store);
      expect(await migratePostgresStore({ pool, schema: renamed })).to.deep.equal({ from: 14, to: 14 });
      await old.close();
      await dropSchema(pool, renamed);
    }));
});
