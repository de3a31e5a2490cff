import { migratePostgresStore, openPostgresStore, postgresMigration } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { refusal } from './refusal.js';
import { allEvents, appendTo } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();

describe('a schema on PostgreSQL of another version', () => {
  it('runs beside the next schema version if that allows it, and leaves all others unchanged', () =>
    onStorage(freshStorage(), async (storage) => {
      const before = await storage.open({ models: [counterTotals] });
      await before.eventStore.append(appendTo('a'));
      await storage.pool.query(nextVersion(storage.schema, 1));
      await before.eventStore.append(appendTo('a'));
      for (const migrate of ['run', 'check'] as const) {
        const store = await storage.open({ migrate, models: [counterTotals] });
        await store.eventStore.append(appendTo('a'));
        await demandSound(store);
      }
      const { rows } = await storage.pool.query(`SELECT max(version) AS version FROM "${storage.schema}".versions`);
      expect(rows).to.deep.equal([{ version: 2 }]);
      await storage.pool.query(`UPDATE "${storage.schema}".versions SET serves_from = 2 WHERE version = 2`);
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
      const migrated = await Promise.all([1, 2].map(() => migratePostgresStore({ pool, schema })));
      expect(migrated.map(({ from }) => from).toSorted((one, other) => one - other)).to.deep.equal([0, 1]);
      const store = await storage.open({ migrate: 'check' });
      await store.eventStore.append(appendTo('a'));
    }));

  it('prints the SQL that creates a schema', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      await pool.query(postgresMigration({ schema }));
      const store = await storage.open({ migrate: 'check' });
      await store.eventStore.append(appendTo('a'));
      expect(await allEvents(store.eventStore)).to.have.length(1);
      expect(postgresMigration({ schema, from: 1 })).to.equal('');
      expect(() => postgresMigration({ from: -1 })).to.throw(RangeError);
    }));

  it('is refused by name if a commit before the first release made it', () =>
    onStorage(freshStorage(), async ({ open, pool, schema }) => {
      await pool.query(`CREATE SCHEMA "${schema}"; SET search_path = "${schema}"; CREATE TABLE migrations (version int);
        INSERT INTO migrations VALUES (14); CREATE FUNCTION append_v13() RETURNS void LANGUAGE sql AS 'SELECT'; RESET search_path`);
      for (const migrate of ['run', 'check'] as const)
        expect(await refusal(open({ migrate })))
          .to.include({ code: 'store-foreign' })
          .with.property('message')
          .that.includes('before the first release');
    }));

  it('is refused if it was renamed, because its functions write to the schema of its old name', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      await (await storage.open({ models: [counterTotals] })).eventStore.append(appendTo('a'));
      await pool.query(`ALTER SCHEMA "${schema}" RENAME TO "${schema}_old"`);
      expect(await refusal(openPostgresStore({ pool, schema: `${schema}_old` })))
        .to.include({ code: 'store-foreign' })
        .with.property('message')
        .that.includes('renamed');
      await pool.query(`ALTER SCHEMA "${schema}_old" RENAME TO "${schema}"`);
      expect(await allEvents((await storage.open()).eventStore)).to.have.length(1);
    }));
});

/** What a next version may do: it adds a column and functions of its own, and says which programs it serves. */
function nextVersion(schema: string, servesFrom: number): string {
  return `SET search_path = "${schema}";
    ALTER TABLE events ADD COLUMN added text; ALTER TABLE read_models ADD COLUMN added text;
    CREATE FUNCTION append_2() RETURNS void LANGUAGE sql AS 'SELECT';
    INSERT INTO versions (version, serves_from) VALUES (2, ${servesFrom}); RESET search_path`;
}
