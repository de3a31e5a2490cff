import { Socket } from 'node:net';
import { Fault } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool, type PoolConfig } from 'pg';
import { databaseUrl, dropSchema, freshSchema } from './database.js';
import { endingServer } from './ending-server.js';
import { fullPooler } from './full-pooler.js';
import { isTurnWaitedFor, takeTurn } from './locks.js';
import { allEvents, appendTo } from './sample.js';
import { refusal } from './refusal.js';
import { inStatementMode } from './statement-mode.js';
import { eventually } from './waiting.js';

const UNUSED = { host: '127.0.0.1', port: 1, user: 'postgres' };

/** What is wrong with a program's options of its pool, and the word of it that a fault says. */
const WRONG_OPTIONS: Readonly<Record<string, readonly [says: string, options: PoolConfig]>> = {
  'a database that is not there': ['"nowhere"', { database: 'nowhere' }],
  'a database that takes no connections for now': ['not currently accepting', { database: 'template0' }],
  'a role that is not there': ['"nobody"', { user: 'nobody' }],
  'a setting that is not there': ['"nonsense"', { options: '-c nonsense=1' }],
  'a value that a setting can’t have': ['"soon"', { options: '-c statement_timeout=soon' }],
  'TLS, which the server does not speak': ['SSL', { ssl: true }],
  'a socket that is not there': ['/nowhere', { ...UNUSED, host: '/nowhere' }],
  'a host with two addresses, and a server at neither': ['127.0.0.2:1', { ...UNUSED, stream: toTwoAddresses }],
};

/** Options by which a store can't work, and the word that says so. */
const UNFIT: Readonly<Record<string, readonly [says: string, options: PoolConfig]>> = {
  'an address of several hosts': [
    'one host',
    { connectionString: 'postgres://app@a.internal:5432,b.internal:5432/app' },
  ],
  'several hosts': ['one host', { host: 'a.internal,b.internal' }],
  'answers in the binary format': ['binary', { user: 'app', ...{ binary: true } }],
};

function toTwoAddresses(): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
  const both = (port: number): Socket =>
    connect({ host: 'both', port, lookup: (_name, _options, found) => found(null, addresses) });
  return Object.assign(socket, { connect: both });
}

describe('a connection to PostgreSQL', () => {
  for (const [wrong, [says, options]] of Object.entries(WRONG_OPTIONS)) {
    it(`that cannot be made is a fault with the reason: ${wrong}`, async () => {
      const { hostname: host, port, username: user } = new URL(await databaseUrl());
      const pool = new Pool({ host, port: Number(port), user, database: 'postgres', ...options });
      const caught = await refusal(openPostgresStore({ pool }));
      await pool.end();
      expect(caught).to.be.instanceOf(Fault).and.include({ code: 'store-unavailable' });
      expect(String(caught)).to.include(says);
    });
  }

  for (const [what, [says, options]] of Object.entries(UNFIT))
    it(`is refused with an explanation before it is made: ${what} (F14, Q81)`, async () => {
      const pool = new Pool(options);
      const caught = await refusal(openPostgresStore({ pool }));
      expect(caught).to.be.instanceOf(RangeError);
      expect(String(caught)).to.include(says);
      await pool.end();
    });

  it('through a pooler in statement mode is refused at opening, with a message that says what to do (Q77)', async () => {
    const schema = freshSchema();
    const direct = new Pool({ connectionString: await databaseUrl() });
    await (await openPostgresStore({ pool: direct, schema })).close();
    const pooler = await inStatementMode(await databaseUrl());
    const pool = new Pool({ connectionString: pooler.url });
    const caught = await refusal(openPostgresStore({ pool, schema }));
    expect(caught).to.include({ code: 'store-foreign' });
    expect(String(caught)).to.include('transaction mode');
    for (const one of [pool, direct]) await one.end();
    await pooler.close();
  });

  it('through a full pooler does not end the wait for a migration', async () => {
    const [schema, pooler] = [freshSchema(), await fullPooler(await databaseUrl())];
    const direct = new Pool({ connectionString: await databaseUrl() });
    const pool = new Pool({ connectionString: pooler.url });
    const endTurn = await takeTurn(direct, schema, 'migrate');
    const times = { statementTimeoutMs: 100, lockTimeoutMs: 100, connectTimeoutMs: 500 };
    const opening = openPostgresStore({ pool, schema, ...times });
    opening.catch(() => undefined);
    await eventually('a migration', () => isTurnWaitedFor(direct, schema, 'migrate'));
    pooler.isFull = true;
    await eventually('a check without an answer', async () => pooler.unanswered > 0);
    pooler.isFull = false;
    await endTurn();
    await (await opening).close();
    await dropSchema(direct, schema);
    for (const one of [pool, direct]) await one.end();
    await pooler.close();
  });

  it('that the program released within a transaction is refused and closed, and nothing is written in it', async () => {
    const [schema, connectionString] = [freshSchema(), await databaseUrl()];
    const pool = new Pool({ connectionString, max: 1 });
    const store = await openPostgresStore({ pool, schema });
    for (let count = 0; count < 2; count++) await store.eventStore.append(appendTo('a'));
    const calls = [() => store.eventStore.append(appendTo('a')), () => allEvents(store.eventStore)];
    for (const statement of ['SELECT', 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ', 'SELECT 1 / 0']) {
      for (const call of calls) {
        const client = await pool.connect();
        await client.query('BEGIN');
        await refusal(client.query(statement));
        client.release();
        const caught = await refusal(call());
        expect(caught).to.include({ code: 'store-unavailable' });
        expect(String(caught)).to.include('within a transaction');
        expect(await allEvents(store.eventStore)).to.have.length(2);
      }
    }
    for (const call of calls) {
      const early = await pool.connect();
      const begun = early.query('BEGIN');
      early.release();
      expect(await refusal(call())).to.include({ code: 'store-unavailable' });
      await begun;
    }
    const client = await pool.connect();
    const listenerCount = client.listenerCount('error');
    await client.query('BEGIN');
    // A program need not wait for the end of its transaction.
    const ended = client.query('COMMIT');
    client.release();
    await store.eventStore.append(appendTo('a'));
    const again = await pool.connect();
    expect([again === client, again.listenerCount('error')]).to.deep.equal([true, listenerCount]);
    again.release();
    await Promise.all([ended, store.close(), dropSchema(pool, schema)]);
    await pool.end();
  });

  it('that ends right after it was made is a fault and does not end the process', async () => {
    const server = await endingServer();
    const pool = new Pool({ host: '127.0.0.1', port: server.port, user: 'postgres' });
    for (let round = 0; round < 20; round++) {
      const caught: unknown = await openPostgresStore({ pool }).catch((refused: unknown) => refused);
      expect(caught).to.include({ code: 'store-unavailable' });
    }
    expect([pool.listenerCount('error'), pool.listenerCount('connect')]).to.deep.equal([0, 0]);
    await pool.end();
    await server.close();
  });
});
