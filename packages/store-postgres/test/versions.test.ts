import { StoreForeign, ordinalOf } from '@login-policy/event-sourcing/store';
import { migratePostgresStore, postgresMigration } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { asInVersion10, asInVersion11, asInVersion3, asInVersion8, asInVersion9 } from './older-schemas.js';
import { refusal } from './refusal.js';
import { allEvents, appendTo, counted } from './sample.js';
import { demandSound } from './soundness.js';
import { keeping, onStorage, storages } from './stores.js';

const freshStorage = storages();

describe('a schema on PostgreSQL of another version', () => {
  it('brings a schema of commit e7dd8a2 to its own, goes on after what is in it, and keeps read models anew', () =>
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

  it('brings a schema of version 8 to its own, whose programs are refused by name', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const { eventStore } = await storage.open({ models: [counterTotals] });
      await eventStore.append(appendTo('a'));
      await asInVersion8(pool, schema);
      const store = await storage.open({ models: [counterTotals] });
      await store.eventStore.append(appendTo('a'));
      await demandSound(store);
      const caught: unknown = await pool.query(`SELECT "${schema}".append_v8()`).catch((error: unknown) => error);
      expect(String(caught)).to.match(/append_v8.* does not exist/);
    }));

  it('brings a schema of version 9 to its own, whose rows go on from where they are', () =>
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

  it('has programs of version 9 beside it write what it writes, and see how far the rows are', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const store = await storage.open({ models: [counterTotals] });
      const olderPool = callingVersion9(pool);
      const older = await storage.open({ models: [counterTotals], pool: olderPool });
      for (let round = 0; round < 3; round++) {
        await store.eventStore.append(appendTo('a'));
        for (const name of ['a', `of round ${round}`, 'a']) await older.eventStore.append(appendTo(name));
        await demandSound(store);
      }
      const seen = await pool.query(`SELECT m.model = ANY (head.kept) AS at_head FROM "${schema}".read_models AS m,
        (SELECT kept FROM "${schema}".events ORDER BY position DESC LIMIT 1) AS head WHERE m.stage = 'live'`);
      expect(seen.rows).to.deep.equal([{ at_head: true }]);
      await older.close();
      await olderPool.end();
    }));

  it('brings a schema of version 11 to its own, whose programs write by its functions from then on', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const before = await storage.open({ models: [counterTotals] });
      await before.eventStore.append(appendTo('a'));
      await asInVersion11(pool, schema);
      const store = await storage.open({ models: [counterTotals] });
      await before.eventStore.append(appendTo('a'));
      await demandSound(store);
      expect((await pool.query(`SELECT "${schema}".keep_count_v12(0, '', NULL) AS is_done`)).rows).to.deep.equal([
        { is_done: true },
      ]);
    }));

  it('brings a schema of version 10 to its own, which serves the programs of that, and keeps consumers in it', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const before = await storage.open({ models: [counterTotals] });
      await before.eventStore.append(appendTo('a'));
      await asInVersion10(pool, schema);
      const store = await storage.open({ models: [counterTotals] });
      await before.eventStore.append(appendTo('a'));
      await demandSound(store);
      const { rows } = await pool.query(
        `SELECT serves_from <= 10 AS serves FROM "${schema}".migrations WHERE version = 12`,
      );
      expect(rows).to.deep.equal([{ serves: true }]);
      const handled = new Promise((resolve) => store.consume({ name: 'first', handle: resolve }));
      expect(await handled).to.have.length(2);
    }));

  it('runs beside the next version of its schema, if that says so, and leaves all others as they are', () =>
    onStorage(freshStorage(), async (storage) => {
      const before = await storage.open({ models: [counterTotals] });
      await before.eventStore.append(appendTo('a'));
      await storage.pool.query(nextVersion(storage.schema, 12));
      await before.eventStore.append(appendTo('a'));
      for (const migrate of ['run', 'check'] as const) {
        const store = await storage.open({ migrate, models: [counterTotals] });
        await store.eventStore.append(appendTo('a'));
        await demandSound(store);
      }
      const { rows } = await storage.pool.query(`SELECT max(version) AS version FROM "${storage.schema}".migrations`);
      expect(rows).to.deep.equal([{ version: 13 }]);
      await storage.pool.query(`UPDATE "${storage.schema}".migrations SET serves_from = 13 WHERE version = 13`);
      expect(await refusal(storage.open())).to.be.instanceOf(StoreForeign);
    }));

  it('only looks at the version of a schema where it was told so', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const caught = await refusal(storage.open({ migrate: 'check' }));
      expect(caught).to.be.instanceOf(StoreForeign).with.property('message').that.includes('migratePostgresStore');
      expect((await pool.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])).rowCount).to.equal(0);
      expect(await migratePostgresStore({ pool, schema })).to.deep.equal({ from: 0, to: 12 });
      expect(await migratePostgresStore({ pool, schema })).to.deep.equal({ from: 12, to: 12 });
      const store = await storage.open({ migrate: 'check' });
      await store.eventStore.append(appendTo('a'));
      await asInVersion3(pool, schema);
      expect(await refusal(storage.open({ migrate: 'check' }))).to.be.instanceOf(StoreForeign);
    }));

  it('prints the SQL that makes a schema, or brings one of an older version to its own', () =>
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
      expect(postgresMigration({ schema, from: 12 })).to.equal('');
      expect(() => postgresMigration({ from: -1 })).to.throw(RangeError);
    }));

  it('refuses a schema of a version that was never handed out, says what to do, and leaves it as it is', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const store = await storage.open();
      await store.eventStore.append(appendTo('a'));
      for (const version of [1, 2, 4, 5, 6, 7]) {
        await pool.query(`DELETE FROM "${schema}".migrations; INSERT INTO "${schema}".migrations VALUES (${version})`);
        const open = (migrate: 'run' | 'check') => () => storage.open({ migrate });
        for (const attempt of [open('run'), open('check'), () => migratePostgresStore({ pool, schema })])
          expect(await refusal(attempt()))
            .to.be.instanceOf(StoreForeign)
            .with.property('message')
            .that.includes(`version ${version}, which was never handed out: drop it or name another schema`);
        expect(() => postgresMigration({ from: version })).to.throw(RangeError, 'never handed out');
      }
      expect(await allEvents(store.eventStore)).to.have.length(1);
    }));

  it("leaves a newer program's schema as it is", () =>
    onStorage(freshStorage(), async (storage) => {
      await storage.open();
      await storage.pool.query(`INSERT INTO "${storage.schema}".migrations (version) VALUES (13)`);
      expect(await refusal(storage.open())).to.be.instanceOf(StoreForeign);
    }));
});

/** What a next version may do: it adds a column and functions of its own, and says which programs it serves. */
function nextVersion(schema: string, servesFrom: number): string {
  return `SET search_path = "${schema}";
    ALTER TABLE events ADD COLUMN added text; ALTER TABLE read_models ADD COLUMN added text;
    CREATE FUNCTION append_v13() RETURNS void LANGUAGE sql AS 'SELECT';
    INSERT INTO migrations (version, serves_from) VALUES (13, ${servesFrom}); RESET search_path`;
}

/**
 * The pool of a program that writes as those of version 9 did: by the functions of that version, which take the same.
 */
function callingVersion9(pool: Pool): Pool {
  const older = new Pool(pool.options);
  older.on('connect', (client) => {
    const query = client.query.bind(client);
    const asked = (given: unknown, ...rest: readonly unknown[]): unknown => {
      const text = typeof given === 'object' && given !== null && 'text' in given ? String(given.text) : undefined;
      const called = text?.replace(/(look|append)_v10/, '$1_v9');
      return Reflect.apply(query, client, [text === undefined ? given : { ...Object(given), text: called }, ...rest]);
    };
    Object.assign(client, { query: asked });
  });
  return older;
}
