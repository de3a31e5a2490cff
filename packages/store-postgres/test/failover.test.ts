import { revision } from '@login-policy/event-sourcing';
import { ordinalOf } from '@login-policy/event-sourcing/store';
import { openPostgresStore, type PostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { EmbeddedServer } from './embedded-server.js';
import { allEvents, appendTo, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { keeping, type AnyProjection } from './stores.js';

const KINDS: Readonly<Record<string, readonly AnyProjection[]>> = {
  'plain stores': [],
  'stores with an inline projection': [counterTotals],
};

describe('a PostgreSQL server that comes back without its last acknowledged events', () => {
  for (const [kind, models] of Object.entries(KINDS)) {
    it(`continues from its own end, in the log and in each stream: ${kind}`, async () => {
      const server = await EmbeddedServer.start();
      const pool = new Pool({ connectionString: server.url });
      const store = await keeping(await openPostgresStore({ pool }), models);
      const other = await keeping(await openPostgresStore({ pool }), models);
      await append(store, 'a', 2);
      await server.kill();
      await server.keep();
      await server.restart();
      await append(store, 'a', 3);
      await server.kill();
      await server.restore();
      await server.restart();
      // As many as were lost: the log ends where the first one knew it, and its stream does not.
      await append(other, 'b', 3);
      await append(store, 'a', 2);
      await demandContiguous(store);
      if (models.length > 0) await demandSound(store);
      for (const one of [store, other]) await one.close();
      await pool.end();
      await server.kill();
    });
  }
});

async function append({ eventStore }: PostgresStore, name: string, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await eventStore.append(appendTo(name));
}

async function demandContiguous({ eventStore }: PostgresStore): Promise<void> {
  const all = await allEvents(eventStore);
  expect(all.map(({ position }) => ordinalOf(position))).to.deep.equal(all.map((_, index) => BigInt(index + 1)));
  const ofA = all.filter(({ streamId }) => streamId === counterStream('a'));
  expect(ofA.map((event) => event.revision)).to.deep.equal([0, 1, 2, 3].map((place) => revision(place)));
}
