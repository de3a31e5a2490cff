import { isFault, ProjectionRunner, streamId } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '@login-policy/store-postgres';
import { counterTotals, paced, sequentialIds } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl, disposeOfSchema, freezeServer, freshSchema } from './database.js';
import { FaultyNetwork } from './faulty-network.js';
import { isTurnWaitedFor, takeTurn } from './locks.js';
import { eventually } from './waiting.js';

const STREAM = streamId('Counter', 'one');
const CONNECTIONS = 3;
const nextId = sequentialIds();

describe('work that was given up on PostgreSQL', () => {
  let schema: string;
  let own: Pool;
  let pool: Pool;
  const stores: PostgresStore[] = [];

  beforeEach(async () => {
    schema = freshSchema();
    own = new Pool({ connectionString: await databaseUrl() });
    pool = new Pool({ connectionString: await databaseUrl(), max: CONNECTIONS });
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await disposeOfSchema(own, schema);
    await Promise.all([pool.end(), own.end()]);
  });

  async function open(options: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> {
    const store = await openPostgresStore({ pool, schema, ...options });
    stores.push(store);
    return store;
  }

  /** Keeps everybody from the events, as a change of the table does. */
  async function lockTables(): Promise<() => Promise<void>> {
    const client = await own.connect();
    await client.query(`BEGIN; LOCK TABLE ${schema}.events, ${schema}.read_models IN ACCESS EXCLUSIVE MODE`);
    return async () => {
      await client.query('ROLLBACK');
      client.release();
    };
  }

  async function giveUpReads({ eventStore }: PostgresStore): Promise<void> {
    const control = new AbortController();
    const reads = Array.from({ length: CONNECTIONS }, () => codeOf(eventStore.head({ signal: control.signal })));
    await eventually('reads that wait', async () => (await waiting(own, schema)) >= CONNECTIONS);
    control.abort();
    expect(await Promise.all(reads)).to.deep.equal(Array.from({ length: CONNECTIONS }, () => 'deadline-exceeded'));
    const since = performance.now();
    await pool.query('SELECT 1');
    expect(performance.now() - since).to.be.below(paced(1000));
    await eventually('the end of the reads', async () => (await waiting(own, schema)) === 0);
  }

  it('releases its connections, and the server continues none of it', async () => {
    const store = await open();
    const unlock = await lockTables();
    for (let round = 0; round < 3; round++) await giveUpReads(store);
    await unlock();
  });

  it('ends a read of rows within its waitMs and half a second on a table that is locked', async () => {
    const store = await open();
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    const unlock = await lockTables();
    const since = performance.now();
    expect(await codeOf(follower.read([STREAM], { waitMs: 300 }))).to.equal('deadline-exceeded');
    expect(performance.now() - since).to.be.below(300 + paced(500));
    await unlock();
    await follower.close();
  });

  it('ends reads and commands in time on a silent network', async () => {
    const { network, url } = await FaultyNetwork.before(await databaseUrl());
    const behind = new Pool({ connectionString: url, max: CONNECTIONS, connectionTimeoutMillis: 500 });
    const store = await open({ pool: behind });
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    await follower.ready({ waitMs: 30_000 });
    network.fallSilent();
    const since = performance.now();
    const reads = Array.from({ length: 10 }, () => codeOf(follower.read([STREAM], { waitMs: 300 })));
    for (const code of await Promise.all(reads)) expect(code).to.be.oneOf(['deadline-exceeded', 'store-unavailable']);
    expect(performance.now() - since).to.be.below(300 + paced(500));
    await follower.close();
    await store.close();
    await Promise.all([behind.end(), network.close()]);
  });

  it('leaves out an append whose caller gave up while its group waited for the lock', async () => {
    const store = await open();
    const end = await takeTurn(own, schema);
    const control = new AbortController();
    const left = codeOf(store.eventStore.append({ ...appendTo('left'), signal: control.signal }));
    const staying = store.eventStore.append(appendTo('staying'));
    await eventually('a group that waits', () => isTurnWaitedFor(own, schema));
    control.abort();
    const since = performance.now();
    expect(await left).to.equal('deadline-exceeded');
    expect(performance.now() - since).to.be.below(paced(1000));
    await end();
    expect(await staying).to.have.length(1);
    expect(await lengthOf(store, 'left')).to.equal(0);
  });

  it('stops waiting for the lock once the whole group has given up, and lets the next one have it', async () => {
    const store = await open();
    const end = await takeTurn(own, schema);
    const control = new AbortController();
    const left = codeOf(store.eventStore.append({ ...appendTo('left'), signal: control.signal }));
    await eventually('a group that waits', () => isTurnWaitedFor(own, schema));
    control.abort();
    expect(await left).to.equal('deadline-exceeded');
    await eventually('nobody who waits', async () => !(await isTurnWaitedFor(own, schema)));
    await end();
    expect(await store.eventStore.append(appendTo('next'))).to.have.length(1);
    expect(await lengthOf(store, 'left')).to.equal(0);
  });

  it('is unavailable and not unknown if the server was silent before the write', async function () {
    if (freezeServer === undefined) return this.skip();
    const short = { statementTimeoutMs: 200, lockTimeoutMs: 200, lostAnswerTimeoutMs: 200, connectTimeoutMs: 200 };
    // Making the schema may take longer than that.
    await open();
    const store = await open(short);
    // Both find a connection.
    await Promise.all([store.eventStore.head(), store.eventStore.head()]);
    const thaw = await freezeServer();
    try {
      const since = performance.now();
      const [append, read] = await Promise.all([
        codeOf(store.eventStore.append(appendTo('one'))),
        codeOf(store.eventStore.head()),
      ]);
      expect([append, read]).to.deep.equal(['store-unavailable', 'store-unavailable']);
      // The longer of the time-outs and a second, once.
      expect(performance.now() - since).to.be.below(1200 + paced(800));
    } finally {
      await thaw();
    }
  });
});

function appendTo(key: string): Append {
  const metadata = { actor: 'tester', correlationId: 'test' };
  const event = { id: nextId(), type: 'Counted', schemaVersion: 1, data: { by: 1 }, metadata };
  return { streamId: streamId('Counter', key), expected: 'any', events: [event] };
}

async function lengthOf({ eventStore }: PostgresStore, key: string): Promise<number> {
  let length = 0;
  for await (const page of eventStore.readStream(streamId('Counter', key))) length += page.length;
  return length;
}

/** How many processes of the server wait for a lock of a table of the schema. */
async function waiting(pool: Pool, schema: string): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(
    `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IN ('${schema}.events'::regclass, '${schema}.read_models'::regclass)`,
  );
  return Number(rows[0]?.count);
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'answered';
  } catch (caught) {
    return isFault(caught) ? caught.code : String(caught);
  }
}
