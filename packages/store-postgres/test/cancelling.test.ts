import { Socket } from 'node:net';
import { isFault } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl } from './database.js';
import { EmbeddedServer } from './embedded-server.js';
import { counterStream } from './sample.js';
import { eventually } from './waiting.js';

describe('a read that PostgreSQL does not answer in time', () => {
  it('is cancelled at the server that runs it, although its host name now resolves to another (Q74)', async () => {
    const server = await EmbeddedServer.start();
    let url = new URL(server.url);
    const stream = (): Socket => {
      const socket = new Socket();
      const connect = socket.connect.bind(socket);
      return Object.assign(socket, { connect: () => connect(Number(url.port), url.hostname) });
    };
    const pool = new Pool({ user: 'postgres', database: 'postgres', stream, application_name: 'cancelled' });
    // Making the schema may take longer than the time-outs of the test.
    await (await openPostgresStore({ pool })).close();
    const store = await openPostgresStore({ pool, statementTimeoutMs: 200, lockTimeoutMs: 200 });
    const witness = new Pool({ connectionString: server.url });
    const client = await witness.connect();
    await client.query('BEGIN; LOCK TABLE login_policy.receipts');
    url = new URL(await databaseUrl());
    const caught = await store.eventStore.receipt(counterStream('a'), 'key').catch((fault: unknown) => fault);
    // The other server has no such table.
    expect(isFault(caught)).to.equal(true);
    await eventually('the end of what nobody waits for', async () => {
      const working = `SELECT FROM pg_stat_activity WHERE application_name = 'cancelled' AND state = 'active'`;
      return (await witness.query(working)).rowCount === 0;
    });
    await client.query('ROLLBACK');
    client.release();
    await store.close();
    for (const one of [pool, witness]) await one.end();
    await server.kill();
  });
});
