import { ProjectionRunner } from '@login-policy/event-sourcing';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl, freshSchema } from './database.js';
import { allEvents, appendTo, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();
const HOW_TO = new URL('../../../docs/how-to/postgresql.md', import.meta.url);

describe('a role on PostgreSQL that does not own the schema', () => {
  it('writes by the grants of the how-to, and can neither change nor delete an event', () =>
    asAnother(writersGrants, async ({ pool, storage }) => {
      const plain = await storage.open({ pool });
      for (let count = 0; count < 3; count++) await plain.eventStore.append(appendTo('a'));
      const store = await storage.open({ pool, models: [counterTotals] });
      for (let count = 0; count < 3; count++) await store.eventStore.append(appendTo('a'));
      await store.eventStore.append({ ...appendTo('b'), receipt: { key: 'key', fingerprint: 'fingerprint' } });
      await (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).rebuild();
      await demandSound(store);
      await new Promise((resolve) => store.consume({ name: 'granted', handle: resolve }));
      const events = `"${storage.schema}".events`;
      for (const change of [`UPDATE ${events} SET type = ''`, `DELETE FROM ${events}`, `TRUNCATE ${events}`]) {
        expect(await refusal(pool.query(change))).to.have.property('code', '42501');
      }
    }));

  it('needs EXECUTE where functions are revoked from PUBLIC', () =>
    asAnother(writersGrants, async ({ pool, storage }) => {
      const { pool: owners, schema } = storage;
      await owners.query(`REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA "${schema}" FROM PUBLIC`);
      const store = await storage.open({ pool });
      expect(await refusal(store.eventStore.append(appendTo('a')))).to.include({ code: 'store-foreign' });
      const { rows } = await pool.query<{ role: string }>('SELECT current_user AS role');
      await owners.query(`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "${schema}" TO "${rows[0]?.role}"`);
      await store.eventStore.append(appendTo('a'));
    }));

  it('is refused where row-level security may hide rows: reads would take them for missing', () =>
    asAnother(writersGrants, async ({ pool, storage }) => {
      const { pool: owners, schema } = storage;
      await owners.query(`ALTER TABLE "${schema}".read_model_entries ENABLE ROW LEVEL SECURITY`);
      const refused = await refusal(storage.open({ pool }));
      expect(refused).to.include({ code: 'store-foreign' });
      expect(String(refused)).to.include('row-level security');
      const { rows } = await pool.query<{ role: string }>('SELECT current_user AS role');
      await owners.query(`ALTER ROLE "${rows[0]?.role}" BYPASSRLS`);
      await storage.open({ pool });
    }));

  it('reads by two grants, and is refused writes', () =>
    asAnother(readersGrants, async ({ pool, storage, owner }) => {
      await owner.eventStore.append(appendTo('a'));
      const store = await storage.open({ pool });
      const model = await store.readModels.open(counterTotals);
      expect((await rowUnder(model, counterStream('a')))?.total).to.equal(1);
      expect(await allEvents(store.eventStore)).to.have.length(1);
      expect(await refusal(store.eventStore.append(appendTo('a')))).to.include({ code: 'store-foreign' });
    }));
});

interface Another {
  readonly storage: Storage;
  readonly owner: PostgresStore;
  /** Connections of the role that was granted something. */
  readonly pool: Pool;
}

async function asAnother(
  grants: (schema: string, role: string) => string,
  test: (another: Another) => Promise<void>,
): Promise<void> {
  await onStorage(freshStorage(), async (storage) => {
    const role = freshSchema();
    const url = new URL(await databaseUrl());
    [url.username, url.password] = [role, 'secret'];
    const owner = await storage.open({ models: [counterTotals] });
    await storage.pool.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'secret'; ${grants(storage.schema, role)}`);
    const pool = new Pool({ connectionString: url.href });
    try {
      await test({ storage, owner, pool });
    } finally {
      await pool.end();
      await storage.pool.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
    }
  });
}

function writersGrants(schema: string, role: string): string {
  const grants = readFileSync(HOW_TO, 'utf8').match(/^GRANT .* TO app;$/gm) ?? [];
  const inSchema = grants.filter((grant) => grant.includes('login_policy'));
  expect(inSchema).to.have.length(6);
  return inSchema.join('\n').replaceAll('login_policy', `"${schema}"`).replaceAll('TO app', `TO "${role}"`);
}

function readersGrants(schema: string, role: string): string {
  return `GRANT USAGE ON SCHEMA "${schema}" TO "${role}"; GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO "${role}"`;
}

async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'nothing was refused',
    (caught: unknown) => caught,
  );
}
