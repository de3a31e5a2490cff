import { ProjectionRunner } from '@login-policy/event-sourcing';
import { openPostgresStore, postgresMigration, type PostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { EmbeddedServer } from './embedded-server.js';
import { allEvents, appendTo } from './sample.js';
import { demandSound } from './soundness.js';
import { eventually } from './waiting.js';

/** Has one server follow another by logical replication of all tables, as a blue/green upgrade does. */
async function subscribed(publisher: EmbeddedServer, subscriber: EmbeddedServer): Promise<void> {
  await publisher.ask('CREATE PUBLICATION blue FOR ALL TABLES');
  // As a dump of the schema makes it: empty, and with sequences that nothing was drawn from.
  await subscriber.ask(postgresMigration());
  await subscriber.ask('TRUNCATE login_policy.versions; ALTER SEQUENCE login_policy.revocations RESTART');
  const { port, hostname } = new URL(publisher.url);
  await subscriber.ask(
    `CREATE SUBSCRIPTION green CONNECTION 'host=${hostname} port=${port} user=postgres dbname=postgres' PUBLICATION blue`,
  );
}

async function untilEqual(publisher: EmbeddedServer, subscriber: EmbeddedServer): Promise<void> {
  const [there] = await publisher.ask('SELECT pg_current_wal_lsn() AS lsn');
  await eventually('the subscription', async () => {
    const states = await subscriber.ask(`SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r'`);
    const [sent] = await publisher.ask(
      `SELECT bool_and(confirmed_flush_lsn >= '${String(there?.['lsn'])}') AS done FROM pg_replication_slots WHERE slot_type = 'logical'`,
    );
    return states.length === 0 && sent?.['done'] === true;
  });
}

describe('tables on PostgreSQL that are published (Q73)', () => {
  it('FOR ALL TABLES accept commands and rebuilds, and a subscriber that takes over continues from all of it', async () => {
    const [publisher, subscriber] = [await EmbeddedServer.start(), await EmbeddedServer.start()];
    await publisher.set({ wal_level: 'logical' });
    await publisher.stop();
    await publisher.restart();
    const pool = new Pool({ connectionString: publisher.url });
    const store = await openPostgresStore({ pool });
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    await append(store, ['a', 'b', 'a']);
    await subscribed(publisher, subscriber);
    await append(store, ['a', 'c', 'a']);
    await follower.rebuild();
    await append(store, ['b', 'a']);
    await demandSound(store);
    await untilEqual(publisher, subscriber);
    await follower.close();
    await store.close();
    await subscriber.ask('ALTER SUBSCRIPTION green DISABLE; ');
    await subscriber.ask('ALTER SUBSCRIPTION green SET (slot_name = NONE)');
    await subscriber.ask('DROP SUBSCRIPTION green');
    const green = new Pool({ connectionString: subscriber.url });
    const taken = await openPostgresStore({ pool: green, migrate: 'check' });
    // At once: the rows came with the events.
    await demandSound(taken);
    const later = await ProjectionRunner.open({ store: taken, projection: counterTotals });
    await append(taken, ['a', 'd']);
    await demandSound(taken);
    await later.rebuild();
    await demandSound(taken);
    expect(await allEvents(taken.eventStore)).to.have.length(10);
    await later.close();
    await taken.close();
    for (const one of [pool, green]) await one.end();
    for (const server of [publisher, subscriber]) await server.kill();
  });
});

async function append({ eventStore }: PostgresStore, names: readonly string[]): Promise<void> {
  for (const name of names) await eventStore.append(appendTo(name));
}
