import { isFault, streamId } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, newEvent, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { tamper } from './raw.js';

const other = streamId('Counter', 'other');

let folder: Folder;
let path: string;

beforeEach(async () => {
  folder = await freshFolder();
  path = folder.path('s.db');
});
afterEach(() => folder.remove());

describe('a trigger of another program', () => {
  async function isRefusedBy(trigger: string): Promise<void> {
    const store = await openSqliteStore({ path });
    const model = await store.readModels.open(counterTotals);
    await store.eventStore.append(appendOne());
    tamper(path, `CREATE TRIGGER t BEFORE INSERT ON events WHEN NEW.revision = 2 BEGIN SELECT ${trigger}; END`);
    const events = [newEvent(), newEvent()];
    for (let count = 0; count < 2; count++) {
      const fault = await faultOf(store.eventStore.append({ streamId: STREAM, expected: 'any', events }));
      expect(isFault(fault, 'store-foreign'), String(fault)).to.equal(true);
    }
    expect(await eventsOf(store.eventStore, STREAM)).to.have.length(1);
    tamper(path, 'DROP TRIGGER t');
    await store.eventStore.append(appendOne());
    expect((await rowUnder(model, STREAM))?.total).to.equal(2);
    await store.close();
  }

  for (const action of ["ABORT, 'no'", "ROLLBACK, 'no'", 'IGNORE'])
    it(`that raises ${action} is the fault store-foreign, and nothing is written`, () =>
      isRefusedBy(`RAISE (${action})`));

  async function isRefusedWhileLeftOut(change: string): Promise<void> {
    const store = await openSqliteStore({ path });
    await store.readModels.open(counterTotals);
    await store.eventStore.append(appendOne());
    tamper(path, `CREATE TRIGGER t BEFORE ${change} BEGIN SELECT raise ( ignore ); END`);
    for (const stream of [STREAM, other])
      expect(isFault(await faultOf(store.eventStore.append(appendOne(stream))), 'store-foreign'), stream).to.equal(
        true,
      );
    tamper(path, 'DROP TRIGGER t');
    await store.eventStore.append(appendOne(other));
    expect(await eventsOf(store.eventStore, other)).to.have.length(1);
    await store.close();
  }

  const inserts = ['names', 'receipts', 'rows', 'row_index'].map((table) => `INSERT ON ${table}`);
  for (const change of [...inserts, 'UPDATE ON rows', 'DELETE ON row_index', 'UPDATE ON models'])
    it(`stops all writes while it may leave out each ${change}`, () => isRefusedWhileLeftOut(change));
});
