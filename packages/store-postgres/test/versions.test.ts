import { migratePostgresStore, postgresMigration } from '@login-policy/store-postgres';
import { counterTotals, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Pool } from 'pg';
import { refusal } from './refusal.js';
import { allEvents, appendTo } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

describe('a schema on PostgreSQL of another version', () => {
  it('migrates a schema of the version before while programs of that version write before, during and after it', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const older = await storage.open({ models: [counterTotals] });
      await older.eventStore.append(appendTo('a'));
      await asInVersion13(pool, schema);
      await older.eventStore.append(appendTo('a'));
      const [store] = await Promise.all([
        storage.open({ models: [counterTotals] }),
        storage.open(),
        ...['b', 'c', 'd'].map((name) => older.eventStore.append(appendTo(name))),
      ]);
      for (let round = 0; round < 3; round++) {
        await store.eventStore.append(appendTo('a'));
        for (const name of ['a', `of round ${round}`, 'a']) await older.eventStore.append(appendTo(name));
        await demandSound(store);
        await demandSound(older);
      }
      const { rows } = await pool.query(`SELECT version, serves_from FROM "${schema}".migrations ORDER BY version`);
      expect(rows).to.deep.equal([...rows.slice(0, 1), { version: 14, serves_from: 13 }]);
      const handled = new Promise((resolve) => store.consume({ name: 'first', handle: resolve }));
      expect(await handled).to.have.length.above(1);
      // A role that may make functions there may have made one: it is not ours to take away.
      await pool.query(`CREATE FUNCTION "${schema}".of_an_operator() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
      await asInVersion13(pool, schema);
      await storage.open();
      expect((await pool.query(`SELECT "${schema}".of_an_operator() AS still`)).rows).to.deep.equal([{ still: 1 }]);
    }));

  it('leaves a schema unchanged when the migration is cut off, and migrates it later', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const older = await storage.open({ models: [counterTotals] });
      await older.eventStore.append(appendTo('a'));
      await asInVersion13(pool, schema);
      const reader = await pool.connect();
      await reader.query(`BEGIN; SELECT FROM "${schema}".migrations`);
      const migrating = refusal(migratePostgresStore({ pool, schema, lockTimeoutMs: paced(60_000) }));
      await eventually('the migration waits for the reader', async () => {
        const { rowCount } = await reader.query(`SELECT pg_terminate_backend(pid) FROM pg_locks
          WHERE NOT granted AND relation = '"${schema}".migrations'::regclass`);
        return rowCount === 1;
      });
      expect(await migrating).to.include({ code: 'store-unavailable' });
      await reader.query('COMMIT');
      reader.release();
      await older.eventStore.append(appendTo('a'));
      const migrated = await Promise.all([1, 2].map(() => migratePostgresStore({ pool, schema })));
      expect(migrated.map(({ from }) => from).toSorted((one, other) => one - other)).to.deep.equal([13, 14]);
      await older.eventStore.append(appendTo('a'));
      await demandSound(await storage.open({ models: [counterTotals] }));
    }));

  it('runs beside the next schema version if that allows it, and leaves all others unchanged', () =>
    onStorage(freshStorage(), async (storage) => {
      const before = await storage.open({ models: [counterTotals] });
      await before.eventStore.append(appendTo('a'));
      await storage.pool.query(nextVersion(storage.schema, 14));
      await before.eventStore.append(appendTo('a'));
      for (const migrate of ['run', 'check'] as const) {
        const store = await storage.open({ migrate, models: [counterTotals] });
        await store.eventStore.append(appendTo('a'));
        await demandSound(store);
      }
      const { rows } = await storage.pool.query(`SELECT max(version) AS version FROM "${storage.schema}".migrations`);
      expect(rows).to.deep.equal([{ version: 15 }]);
      await storage.pool.query(`UPDATE "${storage.schema}".migrations SET serves_from = 15 WHERE version = 15`);
      expect(await refusal(storage.open())).to.include({ code: 'store-foreign' });
    }));

  it('only checks the version of a schema if the option says so', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const caught = await refusal(storage.open({ migrate: 'check' }));
      expect(caught)
        .to.include({ code: 'store-foreign' })
        .with.property('message')
        .that.includes('migratePostgresStore');
      expect((await pool.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])).rowCount).to.equal(0);
      expect(await migratePostgresStore({ pool, schema })).to.deep.equal({ from: 0, to: 14 });
      expect(await migratePostgresStore({ pool, schema })).to.deep.equal({ from: 14, to: 14 });
      const store = await storage.open({ migrate: 'check' });
      await store.eventStore.append(appendTo('a'));
      await asInVersion13(pool, schema);
      expect(await refusal(storage.open({ migrate: 'check' }))).to.include({ code: 'store-foreign' });
    }));

  it('prints the SQL that creates a schema or migrates an older one', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      await pool.query(postgresMigration({ schema }));
      const store = await storage.open({ migrate: 'check' });
      await store.eventStore.append(appendTo('a'));
      await asInVersion13(pool, schema);
      await pool.query(postgresMigration({ schema, from: 13 }));
      const again = await storage.open({ migrate: 'check' });
      await again.eventStore.append(appendTo('a'));
      expect(await allEvents(again.eventStore)).to.have.length(2);
      expect(postgresMigration({ schema, from: 14 })).to.equal('');
      expect(() => postgresMigration({ from: -1 })).to.throw(RangeError);
    }));

  it('refuses a schema of an unreleased version, says what to do, and leaves it unchanged', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const store = await storage.open();
      await store.eventStore.append(appendTo('a'));
      for (const version of [1, 3, 9, 12]) {
        await pool.query(`DELETE FROM "${schema}".migrations; INSERT INTO "${schema}".migrations VALUES (${version})`);
        const open = (migrate: 'run' | 'check') => () => storage.open({ migrate });
        for (const attempt of [open('run'), open('check'), () => migratePostgresStore({ pool, schema })])
          expect(await refusal(attempt()))
            .to.include({ code: 'store-foreign' })
            .with.property('message')
            .that.includes(`version ${version}, which was never released: drop it or name another schema`);
        expect(() => postgresMigration({ from: version })).to.throw(RangeError, 'never released');
      }
      expect(await allEvents(store.eventStore)).to.have.length(1);
    }));

  it("leaves a newer program's schema as it is", () =>
    onStorage(freshStorage(), async (storage) => {
      await storage.open();
      await storage.pool.query(`INSERT INTO "${storage.schema}".migrations (version) VALUES (15)`);
      expect(await refusal(storage.open())).to.include({ code: 'store-foreign' });
    }));
});

/** Version 14 changed only what functions do. */
async function asInVersion13(pool: Pool, schema: string): Promise<void> {
  await pool.query(`DELETE FROM "${schema}".migrations; INSERT INTO "${schema}".migrations VALUES (13)`);
}

/** What a next version may do: it adds a column and functions of its own, and says which programs it serves. */
function nextVersion(schema: string, servesFrom: number): string {
  return `SET search_path = "${schema}";
    ALTER TABLE events ADD COLUMN added text; ALTER TABLE read_models ADD COLUMN added text;
    CREATE FUNCTION append_v15() RETURNS void LANGUAGE sql AS 'SELECT';
    INSERT INTO migrations (version, serves_from) VALUES (15, ${servesFrom}); RESET search_path`;
}
