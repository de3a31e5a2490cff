// Sets a global when it is loaded, which would look like a leak of the test that loads it first.
import '@eventstore/db-client';
import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Client } from 'pg';
import { writeHistoryIn } from './copying.js';
import { Place } from './running.js';
import { withServer } from './servers.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
});
afterEach(() => place.remove());

describe('verify on PostgreSQL', () => {
  it('finds an entry of an index that leads to no row: a list of whole policies lacks its organization', () =>
    withServer('store-postgres', async (postgres) => {
      await place.seed();
      await place.write('postgres', postgres);
      await place.run('copy sqlite:iam.db @postgres');
      const client = new Client({ connectionString: postgres });
      await client.connect();
      await client.query(`UPDATE login_policy.read_model_entries SET digest = 'elsewhere'`);
      await client.end();
      const { code, out } = await place.run('verify --store-file postgres');
      expect(code).to.equal(EXIT.refused);
      expect(out).to.contain('the list of whole policies of instance iam: globex is missing');
    }));

  it('mends nothing: a lost event is found again and again (T20)', () =>
    withServer('store-postgres', async (postgres) => {
      await place.seed();
      await place.write('postgres', postgres);
      await place.run('copy sqlite:iam.db @postgres');
      expect((await place.run('change forceMfa=yes --yes --store-file postgres')).code).to.equal(EXIT.done);
      const client = new Client({ connectionString: postgres });
      await client.connect();
      await client.query(
        `DELETE FROM login_policy.events WHERE position = (SELECT max(position) FROM login_policy.events)`,
      );
      await client.end();
      const found = [];
      for (let run = 0; run < 2; run++) found.push(await place.run('verify --store-file postgres'));
      expect(found[0]?.code).to.equal(EXIT.refused);
      expect(found[1]).to.deep.equal(found[0]);
    }));
});

describe('copying from store to store', () => {
  it('SQLite, PostgreSQL, EventStoreDB and back preserves everything, verified each time', () =>
    withServer('store-postgres', (postgres) =>
      withServer('store-eventstoredb', async (esdb) => {
        await writeHistoryIn(place);
        await place.write('postgres', postgres);
        await place.write('esdb', esdb);
        const hops = ['sqlite:iam.db', '@postgres', '@esdb', 'sqlite:back.db'];
        for (const [index, to] of hops.slice(1).entries()) {
          const { code, err, out } = await place.run(`copy ${hops[index]} ${to} --json`);
          expect(code, `${to}: ${err}`).to.equal(EXIT.done);
          const hasSamePositions = to === '@postgres';
          expect(JSON.parse(out), to).to.deep.equal({
            before: 0,
            copied: 12,
            events: 12,
            receipts: 9,
            hasSamePositions,
          });
          const store = to.startsWith('@') ? `--store-file ${to.slice(1)}` : `--store ${to}`;
          const verified = await place.run(`verify ${store}`);
          expect(verified.out, to).to.equal('12 events in 3 streams, 2 policies. No problems found.\n');
        }
        const again = await place.run('copy sqlite:iam.db sqlite:back.db --json');
        expect(JSON.parse(again.out)).to.include({ before: 12, copied: 0 });
      }),
    ));
});
