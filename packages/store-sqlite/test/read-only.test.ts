import { readFile, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { ProjectionRunner, isFault, START } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { tamper } from './raw.js';

describe('a file that is opened read-only', () => {
  let folder: Folder;
  let path: string;

  beforeEach(async () => {
    folder = await freshFolder();
    path = folder.path('store.db');
  });

  afterEach(() => folder.remove());

  it('can be read and followed beside a writer, including rows', async () => {
    const writer = await openSqliteStore({ path });
    await writer.readModels.open(counterTotals);
    await writer.eventStore.append(appendOne());
    const reader = await openSqliteStore({ path, readOnly: true });
    const follower = await ProjectionRunner.open({ store: reader, projection: counterTotals });
    const messages = reader.eventStore.subscribe()[Symbol.asyncIterator]();
    expect((await messages.next()).value).to.include({ kind: 'events' });
    for (let total = 2; total <= 5; total++) {
      const [event] = await writer.eventStore.append(appendOne());
      const { rows } = await follower.read([STREAM], { atLeast: event?.position ?? START });
      expect(rows.get(STREAM)?.total).to.equal(total);
      expect(await eventsOf(reader.eventStore)).to.have.length(total);
    }
    await messages.return?.();
    await follower.close();
    await reader.close();
    await writer.close();
  });

  it('is unchanged, and every write is refused with store-foreign', async () => {
    const writer = await openSqliteStore({ path });
    await writer.eventStore.append(appendOne());
    await writer.close();
    const before = await readFile(path);
    const { mtimeMs } = await stat(path);
    const reader = await openSqliteStore({ path, readOnly: true });
    const model = await reader.readModels.open(counterTotals);
    const change = { expected: undefined, checkpoint: await reader.eventStore.head(), rows: new Map() };
    for (const call of [
      () => reader.eventStore.append(appendOne()),
      () => model.commit(change),
      () => model.beginRebuild(),
    ]) {
      const fault = await faultOf(call());
      expect(isFault(fault, 'store-foreign')).to.equal(true);
      expect(fault).to.deep.include({ facts: { store: path, problem: 'it was opened read-only' } });
    }
    expect(await eventsOf(reader.eventStore)).to.have.length(1);
    await reader.close();
    expect(await readFile(path)).to.deep.equal(before);
    expect((await stat(path)).mtimeMs).to.equal(mtimeMs);
  });

  it('does not answer from a read model that no writer updates', async () => {
    const writer = await openSqliteStore({ path });
    await writer.eventStore.append(appendOne());
    const reader = await openSqliteStore({ path, readOnly: true });
    const follower = await ProjectionRunner.open({ store: reader, projection: counterTotals });
    expect(isFault(await faultOf(follower.read([STREAM])), 'store-foreign')).to.equal(true);
    await follower.close();
    await reader.close();
    await writer.close();
  });

  it('must exist and be of this version', async () => {
    expect(isFault(await faultOf(openSqliteStore({ path, readOnly: true })), 'store-unavailable')).to.equal(true);
    expect(existsSync(path)).to.equal(false);
    await (await openSqliteStore({ path })).close();
    tamper(path, 'PRAGMA user_version = 0');
    const fault = await faultOf(openSqliteStore({ path, readOnly: true }));
    expect(fault).to.have.property('message').that.includes('got 0: a program that may write has to migrate it');
    expect(isFault(fault, 'store-foreign')).to.equal(true);
  });

  it('can be backed up without a write', async () => {
    const writer = await openSqliteStore({ path });
    await writer.eventStore.append(appendOne());
    const reader = await openSqliteStore({ path, readOnly: true });
    await reader.backup(folder.path('backup.db'));
    await reader.close();
    await writer.close();
    const restored = await openSqliteStore({ path: folder.path('backup.db') });
    expect(await eventsOf(restored.eventStore)).to.have.length(1);
    await restored.close();
  });
});
