import { streamId } from '@login-policy/event-sourcing';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool, type PoolClient } from 'pg';
import { databaseUrl } from './database.js';
import { appendTo, counted } from './sample.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();

interface Asked {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Keeps what a connection is asked that reads pages. */
function keepingPages(asked: Asked[]): (client: PoolClient) => void {
  return (client) => {
    const ask: unknown = client.query;
    const query = (...given: readonly unknown[]): unknown => {
      const { text, values }: { readonly text?: unknown; readonly values?: unknown } = Object(given[0]);
      if (typeof text === 'string' && text.includes('string_agg') && Array.isArray(values))
        asked.push({ text, values });
      return typeof ask === 'function' ? Reflect.apply(ask, client, given) : undefined;
    };
    Object.assign(client, { query });
  };
}

/** A store in tables without statistics, and which pages it has asked for. */
interface Watched {
  readonly eventStore: PostgresStore['eventStore'];
  readonly asked: readonly Asked[];
  readonly planOf: (asked: Asked, options?: string) => Promise<string>;
}

function watched(run: (watched: Watched) => Promise<void>): Promise<void> {
  return onStorage(freshStorage(), async (storage) => {
    const asked: Asked[] = [];
    const pool = new Pool({ connectionString: await databaseUrl() });
    pool.on('connect', keepingPages(asked));
    const { eventStore } = await storage.open({ pool });
    await pool.query(`ALTER TABLE "${storage.schema}".events SET (autovacuum_enabled = false)`);
    const planOf = async ({ text, values }: Asked, options = ''): Promise<string> => {
      const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${options} ${text}`, [...values]);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    await run({ eventStore, asked, planOf });
    await pool.end();
  });
}

describe('a page of the log on PostgreSQL', () => {
  it('is found by positions and scans no more than needed, also in tables without statistics', () =>
    watched(async ({ asked, eventStore, planOf }) => {
      for (let count = 0; count < 40; count++) {
        await eventStore.append({
          ...appendTo(`s-${count % 7}`),
          events: Array.from({ length: 100 }, () => counted()),
        });
      }
      for (const filter of [undefined, { categories: ['Counter'] }, { categories: ['Other', 'Counter'] }]) {
        let read = 0;
        for await (const page of eventStore.readAll({ ...(filter !== undefined && { filter }) })) read += page.length;
        expect(read).to.equal(4000);
      }
      for (const one of asked) {
        expect(await planOf(one))
          .to.include('events_pkey')
          .and.not.include('events_stream_revision_key');
        // What it looks at, it may sort: that is no more than it answers with.
        expect(Number(one.values[1]) - Number(one.values[0])).to.equal(Number(one.values[2]));
      }
      expect(asked).to.have.length.greaterThan(5);
    }));
});

describe('a page of a stream on PostgreSQL', () => {
  it('looks at no more events than it has, also in tables without statistics', () =>
    watched(async ({ asked, eventStore, planOf }) => {
      const events = Array.from({ length: 1500 }, () => counted());
      await eventStore.append({ ...appendTo('one'), events });
      for (const direction of ['forwards', 'backwards'] as const) {
        let read = 0;
        const { streamId: one } = appendTo('one');
        for await (const page of eventStore.readStream(one, { direction, pageSize: 100 })) read += page.length;
        expect(read).to.equal(1500);
      }
      for (const one of asked) expect(await planOf(one)).to.not.include('Sort');
      expect(asked).to.have.length.greaterThan(20);
    }));
});

describe('a page of one stream after another on PostgreSQL', () => {
  it('looks at no stream of another category', () =>
    watched(async ({ asked, eventStore, planOf }) => {
      for (const category of ['Before', 'Counter', 'User']) {
        const events = Array.from({ length: 300 }, () => counted());
        await eventStore.append({ streamId: streamId(category, 'one'), expected: 'no-stream', events });
      }
      const upTo = await eventStore.head();
      const filter = { categories: ['Counter'] };
      let read = 0;
      for await (const page of eventStore.readStreams?.({ upTo, filter, pageSize: 250 }) ?? []) read += page.length;
      expect(read).to.equal(300);
      for (const one of asked)
        expect(await planOf(one, '(ANALYZE, TIMING OFF)')).to.not.include('Rows Removed by Filter');
      expect(asked).to.have.length(2);
    }));
});

describe('an append on PostgreSQL', () => {
  it('looks everything up by indexes, also in tables without statistics', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ models: [counterTotals] });
      const client = await storage.pool.connect();
      await client.query('BEGIN');
      const { eventStore } = store.within(client);
      const before = await scansIn(client, storage.schema);
      for (let count = 0; count < 20; count++) {
        const receipt = { key: `key-${count}`, fingerprint: 'fingerprint' };
        await eventStore.append({ ...appendTo(`s-${count % 7}`), receipt });
      }
      const after = await scansIn(client, storage.schema);
      await client.query('ROLLBACK');
      client.release();
      expect(after).to.deep.equal(before);
    }));
});

/** How often each table was read from its beginning to its end, as far as this connection has not told others yet. */
async function scansIn(client: PoolClient, schema: string): Promise<readonly unknown[]> {
  const { rows } = await client.query<{ relname: string; seq_scan: string }>(
    'SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE schemaname = $1 ORDER BY relname',
    [schema],
  );
  return rows;
}
