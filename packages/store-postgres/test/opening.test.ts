import { migratePostgresStore, openPostgresStore, postgresMigration } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Client, Pool } from 'pg';
import { paced } from '@login-policy/testkit';
import { databaseUrl, freshSchema } from './database.js';
import { FaultyNetwork } from './faulty-network.js';
import { isTurnWaitedFor, takeTurn } from './locks.js';
import { refusal } from './refusal.js';
import { allEvents, appendTo, counted } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

describe('opening a store on PostgreSQL', () => {
  it('creates the schema once when eight processes start at the same time', () =>
    onStorage(freshStorage(), async (storage) => {
      const stores = await Promise.all(Array.from({ length: 8 }, () => storage.open()));
      for (const store of stores) await store.eventStore.append(appendTo('a'));
      const { rows } = await storage.pool.query(`SELECT version FROM "${storage.schema}".versions`);
      expect(rows).to.deep.equal([{ version: 1 }]);
    }));

  it("leaves another program's schema as it is", () =>
    onStorage(freshStorage(), async (storage) => {
      await storage.pool.query(`CREATE SCHEMA "${storage.schema}"; CREATE TABLE "${storage.schema}".events (id int)`);
      expect(await refusal(storage.open())).to.include({ code: 'store-foreign' });
    }));

  it('refuses a malformed schema name', async () => {
    const pool = new Pool({ connectionString: await databaseUrl() });
    for (const schema of ['', 'a"b', 'pg_own', 'x'.repeat(64)]) {
      expect(await refusal(openPostgresStore({ pool, schema }))).to.be.instanceOf(RangeError);
    }
    await pool.end();
  });

  it('does not wait for a migration whose process is lost', async () => {
    const { network, url } = await FaultyNetwork.before(await databaseUrl());
    const pool = new Pool({ connectionString: url });
    await onStorage(freshStorage(), async (storage) => {
      const { schema } = storage;
      network.failNextAppend('silent'); // By its COMMIT.
      const lost = refusal(migratePostgresStore({ pool, schema, lockTimeoutMs: 1 }));
      await eventually('a migration that is lost', async () => network.troubles === 1);
      await (await storage.open()).eventStore.append(appendTo('a'));
      await network.close();
      expect(await lost).to.include({ code: 'store-unavailable' });
    });
    await pool.end();
  });

  for (const [what, silence] of [
    ['a server', (network) => network.fallSilent()],
    ['a connection, whose session the server then ends', (network) => network.failNextAppend('silent')],
  ] satisfies [string, (network: FaultyNetwork) => void][])
    it(`does not wait for a migration over ${what} that falls silent`, async () => {
      const { network, url } = await FaultyNetwork.before(await databaseUrl());
      const pool = new Pool({ connectionString: url });
      await onStorage(freshStorage(), async (storage) => {
        const endTurn = await takeTurn(storage.pool, storage.schema, 'migrate');
        // Long enough for what comes before the migration, also on a busy machine.
        const ms = paced(1000);
        const timeOuts = { statementTimeoutMs: ms, lockTimeoutMs: ms, connectTimeoutMs: ms };
        const opening = refusal(storage.open({ pool, ...timeOuts }));
        await eventually('a migration', () => isTurnWaitedFor(storage.pool, storage.schema, 'migrate'));
        silence(network);
        await endTurn();
        expect(await opening).to.include({ code: 'store-unavailable' });
        await (await storage.open()).eventStore.append(appendTo('a'));
      });
      await network.close();
      await pool.end();
    });

  it('refuses to print SQL for an unknown or malformed option', () => {
    for (const given of [{ form: 3 }, { from: '3' }, { from: 3.5 }, { schema: 5 }, [], 'from'])
      expect(() => postgresMigration(Object(given)), JSON.stringify(given)).to.throw(RangeError, 'postgresMigration: ');
  });

  it('refuses a malformed time-out or size', async () => {
    const pool = new Pool({ connectionString: await databaseUrl() });
    const names = ['statementTimeoutMs', 'lockTimeoutMs', 'connectTimeoutMs', 'lostAnswerTimeoutMs'] as const;
    for (const name of [...names, 'pollIntervalMs', 'largestPageBytes'] as const) {
      for (const value of [-1, 0, 1.5, NaN, Infinity, 2 ** 31]) {
        const caught = await refusal(openPostgresStore({ pool, [name]: value }));
        expect(caught).to.be.instanceOf(RangeError).with.property('message').that.includes(name);
      }
    }
    await pool.end();
  });

  it('is refused with an explanation without a pool, and with a client', async () => {
    const messages = [];
    for (const given of [{}, { pool: new Client() }])
      messages.push(String(await refusal(openPostgresStore(Object(given)))));
    const problem = 'RangeError: openPostgresStore: pool must be a Pool of pg, not';
    expect(messages).to.deep.equal([`${problem} undefined.`, `${problem} an object.`]);
  });

  it('refuses a misspelt option and a malformed value', async () => {
    const pool = new Pool({ host: '127.0.0.1', port: 1 });
    const slips = [{ lockTimeoutMS: 1 }, { migrate: 'chek' }, { preparedStatements: 'nver' }];
    for (const slip of slips) {
      const caught = await refusal(openPostgresStore({ pool, ...Object(slip) }));
      const [name] = Object.keys(slip);
      expect(caught).to.be.instanceOf(RangeError).with.property('message').that.includes(name);
    }
    await pool.end();
  });

  it('refuses an address that is not a URL at once, without its password', async () => {
    const pool = new Pool({ connectionString: 'postgres://me:s3cret@127.0.0.1:99999/none' });
    const caught = await refusal(openPostgresStore({ pool }));
    expect(caught).to.be.instanceOf(RangeError).with.property('message').that.includes('not a URL');
    expect(String(caught)).not.to.include('s3cret');
  });

  it('reports in time that there is no server', async () => {
    const pool = new Pool({ host: '127.0.0.1', port: 1 });
    expect(await refusal(openPostgresStore({ pool, connectTimeoutMs: paced(2000) }))).to.include({
      code: 'store-unavailable',
    });
    await pool.end();
  });

  it('needs no superuser: a role that owns its schema suffices, or one that may use an existing schema', () =>
    onStorage(freshStorage(), async (storage) => {
      const owner = freshSchema();
      const url = new URL(await databaseUrl());
      await storage.pool.query(
        `CREATE ROLE "${owner}" LOGIN PASSWORD 'secret'; CREATE SCHEMA AUTHORIZATION "${owner}"`,
      );
      [url.username, url.password] = [owner, 'secret'];
      const pool = new Pool({ connectionString: url.href });
      try {
        for (const schema of [owner, owner]) {
          const store = await openPostgresStore({ pool, schema });
          await store.eventStore.append(appendTo('a'));
          await store.close();
        }
        expect(await refusal(openPostgresStore({ pool, schema: storage.schema }))).to.include({
          code: 'store-foreign',
        });
      } finally {
        await pool.end();
        await storage.pool.query(`DROP SCHEMA "${owner}" CASCADE; DROP ROLE "${owner}"`);
      }
    }));
});

describe('a store on PostgreSQL', () => {
  it('gives up an append that waits too long for other writers, and writes nothing', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ lockTimeoutMs: paced(50) });
      await holding(storage, async () => {
        const caught = await refusal(store.eventStore.append(appendTo('a')));
        expect(caught).to.include({ code: 'store-unavailable' });
        expect(String(caught)).to.include('lock time-out');
      });
      expect(await allEvents(store.eventStore)).to.deep.equal([]);
      await store.eventStore.append(appendTo('a', 'no-stream'));
    }));

  for (const preparedStatements of ['when-direct', 'never'] as const) {
    it(`gives up a statement that takes too long, and writes nothing: prepared ${preparedStatements}`, () =>
      onStorage(freshStorage(), async (storage) => {
        // Making the schema may take longer than that.
        await storage.open();
        const store = await storage.open({ statementTimeoutMs: paced(50), preparedStatements });
        await holding(storage, async () => {
          const caught = await refusal(store.eventStore.append(appendTo('a')));
          expect(caught).to.include({ code: 'store-unavailable' });
          expect(String(caught)).to.include('time-out');
        });
        expect(await allEvents(store.eventStore)).to.deep.equal([]);
      }));
  }

  it('gives up a read that takes too long, and cancels it at the server', () =>
    onStorage(freshStorage(), async (storage) => {
      await storage.open();
      const store = await storage.open({ statementTimeoutMs: paced(200), lockTimeoutMs: paced(200) });
      const client = await storage.pool.connect();
      await client.query(`BEGIN; LOCK TABLE "${storage.schema}".events`);
      try {
        expect(await refusal(store.eventStore.head())).to.include({ code: 'store-unavailable' });
        await eventually('the end of the read on the server', async () => {
          const { rowCount } = await client.query(
            'SELECT FROM pg_locks WHERE NOT granted AND relation = $1::regclass',
            [`"${storage.schema}".events`],
          );
          return rowCount === 0;
        });
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
      expect(await store.eventStore.head()).to.equal(0n);
    }));

  it('gives up waiting for a connection of an exhausted pool', () =>
    onStorage(freshStorage(), async (storage) => {
      const pool = new Pool({ connectionString: await databaseUrl(), max: 1 });
      // Made before: only the wait for it is to take too long.
      (await pool.connect()).release();
      const store = await storage.open({ pool, connectTimeoutMs: paced(50) });
      const client = await pool.connect();
      expect(await refusal(store.eventStore.append(appendTo('a')))).to.include({ code: 'store-unavailable' });
      expect(await refusal(store.eventStore.head())).to.include({ code: 'store-unavailable' });
      client.release();
      await store.eventStore.append(appendTo('a'));
      await store.close();
      await pool.end();
    }));

  it('does not depend on the type parsers of the program', () =>
    onStorage(freshStorage(), async (storage) => {
      const types = { getTypeParser: () => () => 'nonsense' };
      const pool = new Pool({ connectionString: await databaseUrl(), types });
      const store = await storage.open({ pool });
      const [event] = await store.eventStore.append(appendTo('a'));
      expect((await allEvents(store.eventStore)).map(({ id }) => id)).to.deep.equal([event?.id]);
      await store.close();
      await pool.end();
    }));

  it('refuses an append with text that is not Unicode, and no other of its group', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      const [bad, good] = await Promise.allSettled([
        store.eventStore.append({ ...appendTo('a'), events: [{ ...counted(), type: 'broken \ud800' }] }),
        store.eventStore.append(appendTo('a')),
      ]);
      expect(bad?.status === 'rejected' && bad.reason).to.include({ code: 'unserialisable-data' });
      expect(good?.status).to.equal('fulfilled');
    }));
});

/** Does something while another writer is in his turn and does not end it. */
async function holding(storage: Storage, work: () => Promise<void>): Promise<void> {
  const store = await storage.open();
  const client = await storage.pool.connect();
  try {
    await client.query('BEGIN');
    await store.within(client).eventStore.append(appendTo('held'));
    await work();
    await client.query('ROLLBACK');
  } finally {
    client.release();
  }
}
