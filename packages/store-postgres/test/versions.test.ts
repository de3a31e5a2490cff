import { ordinalOf } from '@login-policy/event-sourcing/store';
import { migratePostgresStore, postgresMigration } from '@login-policy/store-postgres';
import { counterTotals, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import {
  asInVersion10,
  asInVersion11,
  asInVersion12,
  asInVersion13,
  asInVersion3,
  asInVersion8,
  asInVersion9,
} from './older-schemas.js';
import { callingVersion12 } from './older-programs.js';
import { refusal } from './refusal.js';
import { allEvents, appendTo, counted } from './sample.js';
import { demandSound } from './soundness.js';
import { keeping, onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

describe('a schema on PostgreSQL of another version', () => {
  it('migrates a schema of commit e7dd8a2, continues its log, and rebuilds the read models', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore } = await storage.open({ models: [counterTotals] });
      await eventStore.append(appendTo('a'));
      await eventStore.append({ ...appendTo('a'), events: [counted(), counted()] });
      await asInVersion3(storage.pool, storage.schema);
      // A role that may make functions there may have made one: it is not ours to take away.
      await storage.pool.query(
        `CREATE FUNCTION "${storage.schema}".of_an_operator() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
      );
      const store = await storage.open({ models: [counterTotals] });
      const { rows } = await storage.pool.query(`SELECT "${storage.schema}".of_an_operator() AS still`);
      expect(rows).to.deep.equal([{ still: 1 }]);
      await demandSound(store);
      for (let count = 0; count < 2; count++) await store.eventStore.append(appendTo('a'));
      const all = await allEvents(store.eventStore);
      expect(all.map(({ position }) => ordinalOf(position))).to.deep.equal([1n, 2n, 3n, 4n, 5n]);
      // What was recorded before places were kept is whole by itself.
      expect(all.map(({ append }) => append)).to.deep.equal(all.map(() => undefined));
    }));

  for (const [version, asBefore] of [
    [8, asInVersion8],
    [9, asInVersion9],
  ] as const) {
    it(`migrates a schema of version ${version}, and then refuses programs of that version with a message`, () =>
      onStorage(freshStorage(), async (storage) => {
        const { pool, schema } = storage;
        const { eventStore } = await storage.open({ models: [counterTotals] });
        await eventStore.append(appendTo('a'));
        await asBefore(pool, schema);
        const store = await storage.open({ models: [counterTotals] });
        await store.eventStore.append(appendTo('a'));
        await demandSound(store);
        const caught: unknown = await pool
          .query(`SELECT "${schema}".append_v${version}()`)
          .catch((error: unknown) => error);
        expect(String(caught)).to.match(new RegExp(`append_v${version}.* does not exist`));
      }));
  }

  it('migrates a schema of version 9, whose rows continue from their checkpoints', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const before = await storage.open({ models: [counterTotals] });
      for (const name of ['a', 'b', 'a']) await before.eventStore.append(appendTo(name));
      await asInVersion9(pool, schema);
      const store = await storage.open();
      // At once: there is nothing to be built anew.
      await demandSound(store);
      await keeping(store, [counterTotals]);
      await store.eventStore.append(appendTo('a'));
      await demandSound(store);
    }));

  for (const [version, asBefore] of [
    [10, asInVersion10],
    [11, asInVersion11],
    [12, asInVersion12],
    [13, asInVersion13],
  ] as const) {
    it(`migrates a schema of version ${version} while programs of that version write before, during and after it`, () =>
      onStorage(freshStorage(), async (storage) => {
        const { pool, schema } = storage;
        await storage.open({ models: [counterTotals] });
        const olderPool = version < 13 ? callingVersion12(pool) : new Pool(pool.options);
        const older = await storage.open({ models: [counterTotals], pool: olderPool });
        await older.eventStore.append(appendTo('a'));
        await asBefore(pool, schema);
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
        expect(rows).to.deep.equal([...rows.slice(0, 1), { version: 14, serves_from: 10 }]);
        const handled = new Promise((resolve) => store.consume({ name: 'first', handle: resolve }));
        expect(await handled).to.have.length.above(1);
        await older.close();
        await olderPool.end();
      }));
  }

  it('leaves a schema of version 12 unchanged when the migration is cut off, and migrates it later', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const olderPool = callingVersion12(pool);
      const older = await storage.open({ models: [counterTotals], pool: olderPool });
      await older.eventStore.append(appendTo('a'));
      await asInVersion12(pool, schema);
      const reader = await pool.connect();
      await reader.query(`BEGIN; SELECT FROM "${schema}".read_model_rows`);
      const migrating = refusal(migratePostgresStore({ pool, schema, lockTimeoutMs: paced(60_000) }));
      await eventually('the migration waits for the reader', async () => {
        const { rowCount } = await reader.query(`SELECT pg_terminate_backend(pid) FROM pg_locks
          WHERE NOT granted AND relation = '"${schema}".read_model_rows'::regclass`);
        return rowCount === 1;
      });
      expect(await migrating).to.include({ code: 'store-unavailable' });
      await reader.query('COMMIT');
      reader.release();
      await older.eventStore.append(appendTo('a'));
      const migrated = await Promise.all([1, 2].map(() => migratePostgresStore({ pool, schema })));
      expect(migrated.map(({ from }) => from).toSorted((one, other) => one - other)).to.deep.equal([12, 14]);
      await older.eventStore.append(appendTo('a'));
      await demandSound(await storage.open({ models: [counterTotals] }));
      await older.close();
      await olderPool.end();
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
      await asInVersion3(pool, schema);
      expect(await refusal(storage.open({ migrate: 'check' }))).to.include({ code: 'store-foreign' });
    }));

  it('prints the SQL that creates a schema or migrates an older one', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      await pool.query(postgresMigration({ schema }));
      const store = await storage.open({ migrate: 'check' });
      await store.eventStore.append(appendTo('a'));
      await asInVersion3(pool, schema);
      await pool.query(postgresMigration({ schema, from: 3 }));
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
      for (const version of [1, 2, 4, 5, 6, 7]) {
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

/** What a next version may do: it adds a column and functions of its own, and says which programs it serves. */
function nextVersion(schema: string, servesFrom: number): string {
  return `SET search_path = "${schema}";
    ALTER TABLE events ADD COLUMN added text; ALTER TABLE read_models ADD COLUMN added text;
    CREATE FUNCTION append_v15() RETURNS void LANGUAGE sql AS 'SELECT';
    INSERT INTO migrations (version, serves_from) VALUES (15, ${servesFrom}); RESET search_path`;
}
