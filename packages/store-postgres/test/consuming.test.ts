import { openPostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { Pool } from 'pg';
import { EmbeddedServer } from './embedded-server.js';
import { allEvents, appendTo } from './sample.js';
import { eventually } from './waiting.js';

const EVENTS = 60;

describe('a consumer on PostgreSQL', () => {
  let server: EmbeddedServer;
  before(async () => {
    server = await EmbeddedServer.start();
  });
  after(() => server.kill());

  it('meets each event, in order, while its connections are cut and its server is killed', async () => {
    const pool = new Pool({ connectionString: server.url });
    pool.on('error', () => undefined);
    const store = await openPostgresStore({ pool });
    for (let count = 0; count < EVENTS; count++) await store.eventStore.append(appendTo(`stream-${count % 7}`));
    const met: string[] = [];
    const cuts: Promise<unknown>[] = [];
    const consumer = store.consume({
      name: 'under-attack',
      pageSize: 1,
      handle: async ([event]) => {
        const id = event?.id ?? '';
        if (met.at(-1) === id) return;
        met.push(id);
        // Each time at another moment of what the consumer sends: before the checkpoint moves, and while it does.
        if (met.length % 20 === 10) cuts.push(server.ask(CUT).catch(() => undefined));
        if (met.length === EVENTS / 2) await server.kill().then(() => server.restart());
      },
    });
    await eventually('all events', async () => new Set(met).size === EVENTS);
    // A cut that is late must not meet the reads below.
    await Promise.all(cuts);
    const ids = (await allEvents(store.eventStore)).map(({ id }) => id);
    // An event may be met again, and those after it with it; none is left out, and none comes before its turn.
    expect(met.filter((id, index) => met.indexOf(id) === index)).to.deep.equal(ids);
    await eventually('the last checkpoint', async () => consumer.status().lag === 0);
    await store.close();
    await pool.end();
  });

  it('clears away the heartbeats of killed processes whose leases are taken, and no other', async () => {
    const pool = new Pool({ connectionString: server.url });
    const store = await openPostgresStore({ pool, schema: 'heartbeats' });
    await pool.query(`INSERT INTO heartbeats.consumer_sessions VALUES ('killed', 7), ('alive', 7);
      INSERT INTO heartbeats.consumers VALUES ('other', 1, 'alive', 1, 0)`);
    store.consume({ name: 'late', handle: () => undefined });
    const sessions = async (): Promise<readonly string[]> => {
      const { rows } = await pool.query<{ session: string }>('SELECT session FROM heartbeats.consumer_sessions');
      return rows.map(({ session }) => session);
    };
    await eventually('a heartbeat', async () => (await sessions()).some((name) => !['killed', 'alive'].includes(name)));
    expect(await sessions())
      .to.have.length(2)
      .and.to.include('alive');
    await store.close();
    await pool.end();
  });
});

const CUT = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()';
