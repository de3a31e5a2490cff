import { StoreForeign, placeIn } from '@login-policy/event-sourcing/store';
import { migratePostgresStore, postgresMigration } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { refusal } from './refusal.js';
import { allEvents, appendTo, counted } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();

describe('a schema on PostgreSQL of another version', () => {
  it('brings a schema of commit e7dd8a2 to its own, goes on after what is in it, and keeps read models anew', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore } = await storage.open({ models: [counterTotals] });
      await eventStore.append(appendTo('a'));
      await eventStore.append({ ...appendTo('a'), events: [counted(), counted()] });
      await storage.pool.query(asInVersion3(storage.schema));
      // Whoever may make functions there may have made one: it is not ours to take away.
      await storage.pool.query(
        `CREATE FUNCTION "${storage.schema}".of_an_operator() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
      );
      const store = await storage.open({ models: [counterTotals] });
      const { rows } = await storage.pool.query(`SELECT "${storage.schema}".of_an_operator() AS still`);
      expect(rows).to.deep.equal([{ still: 1 }]);
      await demandSound(store);
      for (let count = 0; count < 2; count++) await store.eventStore.append(appendTo('a'));
      const all = await allEvents(store.eventStore);
      expect(all.map(({ position }) => placeIn(position))).to.deep.equal([1n, 2n, 3n, 4n, 5n]);
      // What was recorded before places were kept is whole by itself.
      expect(all.map(({ append }) => append)).to.deep.equal(all.map(() => undefined));
    }));

  it('brings a schema of version 8 to its own beside the programs of that version, whose functions it leaves', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const { eventStore } = await storage.open({ models: [counterTotals] });
      await eventStore.append(appendTo('a'));
      await pool.query(asInVersion8(schema));
      const store = await storage.open({ models: [counterTotals] });
      await store.eventStore.append(appendTo('a'));
      await demandSound(store);
      const { rows } = await pool.query(`SELECT "${schema}".append_v8(), version, serves_from
        FROM "${schema}".migrations ORDER BY version DESC LIMIT 1`);
      expect(rows).to.deep.equal([{ append_v8: '8', version: 9, serves_from: 8 }]);
    }));

  it('runs beside the next version of its schema, if that says so, and leaves all others as they are', () =>
    onStorage(freshStorage(), async (storage) => {
      const before = await storage.open({ models: [counterTotals] });
      await before.eventStore.append(appendTo('a'));
      await storage.pool.query(nextVersion(storage.schema, 9));
      await before.eventStore.append(appendTo('a'));
      for (const migrate of ['run', 'check'] as const) {
        const store = await storage.open({ migrate, models: [counterTotals] });
        await store.eventStore.append(appendTo('a'));
        await demandSound(store);
      }
      const { rows } = await storage.pool.query(`SELECT max(version) AS version FROM "${storage.schema}".migrations`);
      expect(rows).to.deep.equal([{ version: 10 }]);
      await storage.pool.query(`UPDATE "${storage.schema}".migrations SET serves_from = 10 WHERE version = 10`);
      expect(await refusal(storage.open())).to.be.instanceOf(StoreForeign);
    }));

  it('only looks at the version of a schema where it was told so', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const caught = await refusal(storage.open({ migrate: 'check' }));
      expect(caught).to.be.instanceOf(StoreForeign).with.property('message').that.includes('migratePostgresStore');
      expect((await pool.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])).rowCount).to.equal(0);
      expect(await migratePostgresStore({ pool, schema })).to.deep.equal({ from: 0, to: 9 });
      expect(await migratePostgresStore({ pool, schema })).to.deep.equal({ from: 9, to: 9 });
      const store = await storage.open({ migrate: 'check' });
      await store.eventStore.append(appendTo('a'));
      await pool.query(asInVersion3(schema));
      expect(await refusal(storage.open({ migrate: 'check' }))).to.be.instanceOf(StoreForeign);
    }));

  it('prints the SQL that makes a schema, or brings one of an older version to its own', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      await pool.query(postgresMigration({ schema }));
      const store = await storage.open({ migrate: 'check' });
      await store.eventStore.append(appendTo('a'));
      await pool.query(asInVersion3(schema));
      await pool.query(postgresMigration({ schema, from: 3 }));
      const again = await storage.open({ migrate: 'check' });
      await again.eventStore.append(appendTo('a'));
      expect(await allEvents(again.eventStore)).to.have.length(2);
      expect(postgresMigration({ schema, from: 9 })).to.equal('');
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
      await storage.pool.query(`INSERT INTO "${storage.schema}".migrations (version) VALUES (10)`);
      expect(await refusal(storage.open())).to.be.instanceOf(StoreForeign);
    }));
});

/** What a next version may do: it adds a column and functions of its own, and says which programs it serves. */
function nextVersion(schema: string, servesFrom: number): string {
  return `SET search_path = "${schema}";
    ALTER TABLE events ADD COLUMN added text; ALTER TABLE read_models ADD COLUMN added text;
    CREATE FUNCTION append_v10() RETURNS void LANGUAGE sql AS 'SELECT';
    INSERT INTO migrations (version, serves_from) VALUES (10, ${servesFrom}); RESET search_path`;
}

/** Has functions of version 8 in the place of those of 9. */
function asInVersion8(schema: string): string {
  return `SET search_path = "${schema}"; UPDATE migrations SET version = 8, serves_from = 8;
    DROP FUNCTION look_v9; DROP FUNCTION append_v9; DROP FUNCTION take_step_v9;
    CREATE FUNCTION append_v8() RETURNS text LANGUAGE sql AS 'SELECT ''8'''; RESET search_path`;
}

/** Takes away what later versions brought, and puts a table and functions of version 3, which commit e7dd8a2 has, in the place of theirs. */
function asInVersion3(schema: string): string {
  return `SET search_path = "${schema}"; DELETE FROM migrations; INSERT INTO migrations (version) VALUES (1), (2), (3);
    ALTER TABLE migrations DROP COLUMN serves_from;
    ALTER TABLE events DROP COLUMN append_place, DROP COLUMN append_count, DROP COLUMN kept;
    ALTER TABLE read_models ALTER COLUMN checkpoint TYPE numeric(39) USING div(checkpoint, 1099511627776);
    DROP FUNCTION look_v9; DROP FUNCTION append_v9; DROP FUNCTION take_step_v9;
    CREATE TABLE revoked_attempts (attempt text COLLATE "C" PRIMARY KEY, revoked_at timestamptz NOT NULL DEFAULT now());
    ${FUNCTIONS_OF_3.map((name) => `CREATE FUNCTION ${name}(given text) RETURNS void LANGUAGE sql AS 'SELECT';`).join(' ')}
    RESET search_path`;
}

const FUNCTIONS_OF_3 = [
  ...['current_era', 'take_turn', 'append_known', 'append_event', 'append_events', 'write_rows', 'take_step'],
  ...['writers_view', 'write_reckoned', 'write_reckoned_event'],
];
