import { copyFile } from 'node:fs/promises';
import { isFault, type Consumer, type RecordedEvent } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne } from './events.js';
import { freshFolder } from './files.js';
import { putBack, WITH_CONSUMERS } from './put-back.js';
import { Raw, tamper, valueOf } from './raw.js';

const NAME = 'restored';

/** A consumer, and what it was called with. */
function consume(
  store: SqliteStore,
  name: string = NAME,
): { readonly consumer: Consumer; readonly met: RecordedEvent[] } {
  const met: RecordedEvent[] = [];
  return { met, consumer: store.consume({ name, handle: (events) => void met.push(...events) }) };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a consumer on SQLite', () => {
  it('continues from the checkpoint of a backup, and is refused a checkpoint whose event was lost', async () => {
    const folder = await freshFolder();
    const [path, backup] = [folder.path('store.db'), folder.path('backup.db')];
    const store = await openSqliteStore({ path });
    await store.eventStore.append(appendOne());
    const before = consume(store);
    await until(() => before.met.length === 1 && before.consumer.status().lag === 0);
    await before.consumer.close();
    await store.backup(backup);
    const later = consume(store);
    await store.eventStore.append(appendOne());
    await until(() => later.met.length === 1 && later.consumer.status().lag === 0);
    const lost = later.consumer.status().position;
    await store.close();

    await copyFile(backup, path);
    const restored = await openSqliteStore({ path });
    await restored.eventStore.append(appendOne());
    const again = consume(restored);
    await until(() => again.met.length === 1);
    await restored.close();
    // The checkpoint of the later history in a file of the earlier one, as by tables that were restored apart.
    tamper(path, `UPDATE consumers SET position = '${String(lost)}'`);
    const mixed = await openSqliteStore({ path });
    const refused = consume(mixed);
    await until(() => refused.consumer.status().lastFailure !== undefined);
    const { state, lastFailure } = refused.consumer.status();
    expect(state).to.equal('retrying');
    expect(isFault(lastFailure?.error, 'position-unknown')).to.equal(true);
    expect(refused.met).to.deep.equal([]);
    const anew = consume(mixed, 'a new name');
    await until(() => anew.met.length === 2);
    await mixed.close();
    await folder.remove();
  });

  it('clears away the heartbeats of killed processes whose leases are taken, and no other', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const store = await openSqliteStore({ path });
    await store.eventStore.append(appendOne());
    tamper(
      path,
      "INSERT INTO consumer_sessions VALUES ('killed', 7), ('alive', 7)",
      "INSERT INTO consumers VALUES ('other', 1, 'alive', 1, '0')",
    );
    const database = new Raw(path);
    const count = (named: string): unknown =>
      valueOf(database, `SELECT count(*) FROM consumer_sessions WHERE ${named}`);
    consume(store);
    await until(() => count("session NOT IN ('killed', 'alive')") === 1);
    expect([count("session = 'killed'"), count("session = 'alive'")]).to.deep.equal([0, 1]);
    database.close();
    await store.close();
    await folder.remove();
  });

  it('continues from the checkpoint of a backup that is restored while it works', async () => {
    const folder = await freshFolder();
    const [path, backup] = [folder.path('store.db'), folder.path('backup.db')];
    const store = await openSqliteStore({ path });
    await store.eventStore.append(appendOne());
    const { consumer, met } = consume(store);
    await until(() => met.length === 1 && consumer.status().lag === 0);
    await store.backup(backup);
    const kept = consumer.status().position;
    await store.eventStore.append(appendOne());
    await until(() => met.length === 2 && consumer.status().position !== kept);
    putBack(backup, path, WITH_CONSUMERS);
    const [now] = await store.eventStore.append(appendOne());
    await until(() => consumer.status().position === now?.position);
    expect(met.at(-1)?.id).to.equal(now?.id);
    expect(met).to.have.length(3);
    expect(consumer.status().state).to.equal('working');
    await store.close();
    await folder.remove();
  });
});
