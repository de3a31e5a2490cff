import { isFault, Projector, type Projection, type RecordedEvent } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, type CounterEvent, type CounterRow, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';

/** Looks at who did it. */
const actors: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  reduce: (row, event) => counterTotals.reduce(event.metadata.actor === 'tester' ? row : undefined, event),
};
/** Does so although it says that it never would. */
const liar: Projection<CounterEvent, CounterRow> = { ...actors, origin: 'not-looked-at' };

let folder: Folder;
let store: SqliteStore;

beforeEach(async () => {
  folder = await freshFolder();
  store = await openSqliteStore({ path: folder.path('store.db'), durability: 'normal' });
  for (let count = 0; count < 3; count++) await store.eventStore.append(appendOne());
});
afterEach(async () => {
  await store.close();
  await folder.remove();
});

describe('the origin of events', () => {
  it('is not read where it is left out', async () => {
    const read: RecordedEvent[] = [];
    for await (const page of store.eventStore.readAll({ origin: 'left-out' })) read.push(...page);
    expect(read).to.have.length(3);
    for (const event of read) {
      expect(() => event.id).to.throw('was left out');
      expect(() => event.metadata).to.throw('was left out');
    }
  });

  it('is there for a projection that says nothing about it', async () => {
    const projector = new Projector({ ...store, projection: actors });
    await projector.rebuild();
    expect(await rowUnder(await projector.readModel(), STREAM)).to.include({ total: 3 });
  });

  it('stops a projection that said it would not look at it, and did', async () => {
    const projector = new Projector({ ...store, projection: liar });
    const fault = await faultOf(projector.catchUp());
    expect(isFault(fault, 'projection-stopped')).to.equal(true);
    expect(fault).to.have.property('message').that.includes('the metadata of this event was left out');
    expect(await rowUnder(await projector.readModel(), STREAM)).to.equal(undefined);
  });
});
