import { openMemoryStore, ProjectionRunner, type Store, streamId } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, newEvent, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { tamper } from './raw.js';

const ANOTHER = streamId('Counter', 'another');

/** The writer of events, without the read model, and the store that has it. */
interface Beside {
  readonly writer: Store;
  readonly reader: Store;
}

describe('a stored row that is damaged', () => {
  let folder: Folder;
  let closings: (() => Promise<void>)[];

  beforeEach(async () => {
    folder = await freshFolder();
    closings = [];
  });

  afterEach(async () => {
    for (const close of closings.toReversed()) await close();
    await folder.remove();
  });

  async function openFile(): Promise<Store> {
    const store = await openSqliteStore({ path: folder.path('store.db') });
    closings.push(() => store.close());
    return store;
  }

  async function open(reader: Store): Promise<ProjectionRunner<CounterEvent, CounterRow>> {
    const runner = await ProjectionRunner.open({ store: reader, projection: counterTotals });
    closings.push(() => runner.close());
    return runner;
  }

  const OPENINGS: Readonly<Record<string, () => Promise<Beside>>> = {
    'beside its events': async () => ({ writer: await openFile(), reader: await openFile() }),
    'in the database of rows of a store that is elsewhere': async () => {
      const writer = openMemoryStore();
      const { readModels } = await openFile();
      return { writer, reader: { ...writer, readModels, readModelUpdates: 'followed' } };
    },
  };

  async function holdsUpNoOther({ writer, reader }: Beside): Promise<void> {
    const first = await open(reader);
    for (const id of [STREAM, ANOTHER]) await writer.eventStore.append({ ...appendOne(), streamId: id });
    await first.catchUp();
    await first.close();
    tamper(folder.path('store.db'), `UPDATE rows SET row = 'torn' WHERE key = '${STREAM}'`);
    const runner = await open(reader);
    expect((await runner.read([STREAM])).unreadable.get(STREAM)).to.have.property('code', 'store-damaged');
    for (const id of [STREAM, ANOTHER])
      await writer.eventStore.append({ streamId: id, expected: 'any', events: [newEvent(), newEvent()] });
    const { rows, unreadable } = await runner.read([STREAM, ANOTHER], { atLeast: await writer.eventStore.head() });
    expect(rows.get(ANOTHER)).to.include({ total: 3 });
    expect(unreadable.get(STREAM)).to.have.property('code', 'unreadable-event');
    expect(unreadable.get(STREAM)?.message).to.contain('damaged').and.to.contain('rebuild the read model');
    const listed = await runner.unreadable();
    expect(listed.rows.map(({ key }) => key)).to.deep.equal([STREAM]);
    await runner.rebuild();
    expect((await runner.read([STREAM])).rows.get(STREAM)).to.include({ total: 3 });
  }

  for (const [place, openBoth] of Object.entries(OPENINGS))
    it(`${place} holds up no other row, and is mended by a rebuild`, async () => holdsUpNoOther(await openBoth()));

  it('refuses what would change it where appends keep the rows, and nothing else', async () => {
    const store = await openFile();
    const runner = await open(store);
    for (const id of [STREAM, ANOTHER]) await store.eventStore.append({ ...appendOne(), streamId: id });
    await runner.close();
    await store.close();
    tamper(folder.path('store.db'), `UPDATE rows SET row = 'torn' WHERE key = '${STREAM}'`);
    const again = await openFile();
    await open(again);
    const append = (id: typeof STREAM): Promise<unknown> =>
      again.eventStore.append({ streamId: id, expected: 'any', events: [newEvent()] });
    const [refused, accepted] = await Promise.all([faultOf(append(STREAM)), append(ANOTHER)]);
    expect(refused).to.have.property('code', 'projection-stopped');
    expect(accepted).to.have.length(1);
  });
});
