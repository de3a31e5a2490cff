import { isFault, ProjectionRunner } from '@login-policy/event-sourcing';
import { migratePostgresStore, postgresMigration } from '@login-policy/store-postgres';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl, dropSchema, freshSchema } from './database.js';
import { allEvents, appendTo, counterStream } from './sample.js';
import { refusal } from './refusal.js';
import { demandSound } from './soundness.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();
const LONG = 'd'.repeat(1500);

/** What `ALTER ROLE … SET` may have changed, for a server that many programs share. */
const SETTINGS = [
  'bytea_output=escape',
  'default_transaction_isolation=serializable',
  "search_path=''",
  'search_path=pg_temp,pg_catalog',
  'standard_conforming_strings=off',
  'extra_float_digits=0',
  'datestyle=German',
  'quote_all_identifiers=on',
  'array_nulls=off',
  'client_encoding=LATIN1',
  'timezone=Pacific/Chatham',
];

/**
 * What looks more fitting than what PostgreSQL has: a role that may make things in a schema of the path could put it
 * there.
 */
const LURES = `
  CREATE FUNCTION lure(text, bigint) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; END';
  CREATE FUNCTION lure(numeric, bigint) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; END';
  CREATE FUNCTION lure(text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; END';
  CREATE OPERATOR || (LEFTARG = text, RIGHTARG = bigint, FUNCTION = lure);
  CREATE OPERATOR + (LEFTARG = numeric, RIGHTARG = bigint, FUNCTION = lure);
  CREATE AGGREGATE json_agg(text) (SFUNC = lure, STYPE = text);
  CREATE FUNCTION format(text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; END';
  CREATE FUNCTION sha256(bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN ''lured''; END';
  CREATE FUNCTION nextval(text) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; END';
  CREATE FUNCTION pg_advisory_xact_lock(text) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; END'`;

describe('a store on PostgreSQL, for a role with settings of its own', () => {
  for (const setting of SETTINGS) {
    for (const preparedStatements of ['when-direct', 'never'] as const) {
      it(`works with ${setting}: statements prepared ${preparedStatements}`, () =>
        onStorage(freshStorage(), async (storage) => {
          const pool = new Pool({ connectionString: await databaseUrl(), options: `-c ${setting}` });
          const plain = await storage.open({ pool, preparedStatements });
          for (let count = 0; count < 3; count++) await plain.eventStore.append(appendTo('a\\b'));
          const store = await storage.open({ pool, preparedStatements, models: [counterTotals] });
          // Of a group, some columns are as usual and others are not.
          await Promise.all(['a\\b', 'c', LONG].map((name) => store.eventStore.append(appendTo(name))));
          await (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).rebuild();
          expect(await allEvents(store.eventStore)).to.have.length(6);
          const model = await store.readModels.open(counterTotals);
          expect((await rowUnder(model, counterStream('a\\b')))?.total).to.equal(4);
          await demandSound(store);
          for (const one of [plain, store]) await one.close();
          await pool.end();
        }));
    }
  }

  it('writes nothing over a connection with another client encoding', () =>
    onStorage(freshStorage(), async (storage) => {
      const pool = new Pool({ connectionString: await databaseUrl() });
      pool.on('connect', (client) => void client.query('SET client_encoding TO LATIN1'));
      for (const preparedStatements of ['when-direct', 'never'] as const) {
        const store = await storage.open({ pool, preparedStatements });
        expect(String(await refusal(store.eventStore.append(appendTo('é'))))).to.include('UTF8');
      }
      const store = await storage.open();
      expect(await allEvents(store.eventStore)).to.deep.equal([]);
      await pool.end();
    }));

  it('reads nothing over a connection whose client encoding the program has changed, and closes it', () =>
    onStorage(freshStorage(), async (storage) => {
      await (await storage.open()).eventStore.append(appendTo('é'));
      const pool = new Pool({ connectionString: await databaseUrl(), max: 1 });
      for (const preparedStatements of ['when-direct', 'never'] as const) {
        const store = await storage.open({ pool, preparedStatements });
        await pool.query('SET client_encoding TO LATIN1');
        // The server would take the name for another, and find nothing.
        const refused = await refusal(store.eventStore.receipt(counterStream('é'), 'key'));
        expect(refused).to.include({ code: 'store-foreign' });
        expect(String(refused)).to.include('client_encoding');
        expect(await allEvents(store.eventStore)).to.have.length(1);
        await store.close();
      }
      await pool.end();
    }));

  it('reports a statement_timeout of 1 ms as a fault, acknowledges only written appends, and writes none twice', () =>
    onStorage(freshStorage(), async (storage) => {
      await (await storage.open({ models: [counterTotals] })).close();
      const pool = new Pool({ connectionString: await databaseUrl(), options: '-c statement_timeout=1' });
      const hurried = await storage.open({ pool, migrate: 'check' });
      const requests = Array.from({ length: 100 }, (_, count) => appendTo(`s${count % 7}`));
      const ended = await Promise.allSettled(requests.map((request) => hurried.eventStore.append(request)));
      const reads = await Promise.allSettled([allEvents(hurried.eventStore), hurried.eventStore.head()]);
      const reasons = [...ended, ...reads].flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []));
      const wrong = reasons.filter((reason) => !isFault(reason, 'store-unavailable'));
      expect(wrong).to.deep.equal([]);
      const store = await storage.open({ models: [counterTotals] });
      const there = (await allEvents(store.eventStore)).map(({ id }) => id);
      expect(new Set(there).size).to.equal(there.length);
      const acknowledged = ended.flatMap((end) => (end.status === 'fulfilled' ? end.value : [])).map(({ id }) => id);
      expect(there).to.include.members(acknowledged);
      await demandSound(store);
      for (const one of [hurried, store]) await one.close();
      await pool.end();
    }));

  it('uses the objects of PostgreSQL, whatever is in the search_path', () =>
    onStorage(freshStorage(), async (storage) => {
      const path = freshSchema();
      const pool = new Pool({ connectionString: await databaseUrl(), options: `-c search_path=${path}` });
      await pool.query(`CREATE SCHEMA ${path}; ${LURES}`);
      const store = await storage.open({ pool, models: [counterTotals] });
      const appends = ['a', 'a', 'b'].map((name) => store.eventStore.append(appendTo(name)));
      const conflict = await store.eventStore.append(appendTo('a', 'no-stream')).catch((caught: unknown) => caught);
      expect(isFault(conflict, 'revision-conflict')).to.equal(true);
      await Promise.all(appends);
      const plain = await storage.open({ pool });
      await Promise.all(['a', 'b'].map((name) => plain.eventStore.append(appendTo(name))));
      await (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).rebuild();
      await demandSound(store);
      for (const one of [plain, store]) await one.close();
      await pool.end();
      await dropSchema(storage.pool, path);
    }));

  it('is refused if the search_path has schemas before pg_catalog, whose objects could replace those of PostgreSQL', () =>
    onStorage(freshStorage(), async (storage) => {
      const evil = freshSchema();
      const options = `-c search_path=${evil},pg_catalog`;
      const pool = new Pool({ connectionString: await databaseUrl(), options });
      await pool.query(`CREATE SCHEMA ${evil}; ${LURES}`);
      const store = await storage.open();
      for (const migrate of ['run', 'check'] as const)
        expect(isFault(await refusal(storage.open({ pool, migrate })), 'store-foreign')).to.equal(true);
      const migrating = migratePostgresStore({ pool, schema: storage.schema });
      expect(isFault(await refusal(migrating), 'store-foreign')).to.equal(true);
      const client = await pool.connect();
      await client.query('BEGIN');
      const within = store.within(client).eventStore;
      for (const call of [() => within.append(appendTo('a')), () => within.head()])
        expect(isFault(await refusal(call()), 'store-foreign')).to.equal(true);
      client.release(true);
      // What makes a schema means what PostgreSQL has, no matter which role runs it.
      await pool.query(postgresMigration({ schema: evil }));
      const made = await storage.open({ schema: evil, migrate: 'check' });
      await made.eventStore.append(appendTo('a'));
      expect(await allEvents(made.eventStore)).to.have.length(1);
      await made.close();
      await pool.end();
      await dropSchema(storage.pool, evil);
    }));
});
