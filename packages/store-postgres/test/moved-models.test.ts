import { ProjectionRunner } from '@login-policy/event-sourcing';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { calledIn, FUNCTIONS } from './functions.js';
import { metPool } from './met-pool.js';
import { appendTo, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { onStorage, storages, type Storage } from './stores.js';

const freshStorage = storages();

/** What is done before one of the statements of an append. */
interface Meeting {
  readonly isAt: (statement: string, number: number) => boolean;
  readonly act: () => Promise<unknown>;
}

/**
 * Appends by a store that keeps the counters, where something is done before one of its statements. Resolves to that
 * statement.
 */
type AppendMeeting = (name: string, meeting: Meeting) => Promise<string>;

async function onMeetings(storage: Storage, work: (append: AppendMeeting) => Promise<void>): Promise<void> {
  let [sent, met]: [number, string | undefined] = [0, undefined];
  let meeting: Meeting | undefined;
  const pool = await metPool(async (statement) => {
    if (meeting?.isAt(statement, ++sent) !== true) return;
    const { act } = meeting;
    [meeting, met] = [undefined, statement];
    await act();
  });
  const store = await storage.open({ pool, models: [counterTotals] });
  await work(async (name, next) => {
    [sent, met, meeting] = [0, undefined, next];
    await store.eventStore.append(appendTo(name));
    return met ?? 'none';
  });
  await store.close();
  await pool.end();
}

async function catchUp(store: PostgresStore): Promise<void> {
  const runner = await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' });
  await runner.catchUp();
  await runner.close();
}

describe('a read model that moves during an append to PostgreSQL', () => {
  it('is looked up again if it has moved', () =>
    onStorage(freshStorage(), (storage) =>
      onMeetings(storage, async (append) => {
        const [plain, projecting] = [await storage.open(), await storage.open()];
        await append('a', { isAt: () => false, act: () => Promise.resolve() });
        await plain.eventStore.append(appendTo('a'));
        await catchUp(projecting);
        let looks = 0;
        const met = await append('a', {
          isAt: (statement) => calledIn(statement) === 'append' && ++looks > 1,
          act: () => storage.pool.query(`UPDATE "${storage.schema}".read_models SET checkpoint = NULL`),
        });
        expect(calledIn(met)).to.equal('append');
        await (await ProjectionRunner.open({ store: projecting, projection: counterTotals })).rebuild();
        await demandSound(projecting);
      }),
    ));

  it('is planned again if rows of a lost history were replaced meanwhile', () =>
    onStorage(freshStorage(), (storage) =>
      onMeetings(storage, async (append) => {
        const plain = await storage.open();
        await append('a', { isAt: () => false, act: () => Promise.resolve() });
        // So that the next append looks up before it writes.
        await plain.eventStore.append(appendTo('a'));
        let looks = 0;
        // As the first step of rows of a lost history does, without the writers' lock.
        const met = await append('a', {
          isAt: (statement) => calledIn(statement) === 'append' && ++looks > 1,
          act: () => storage.pool.query(`SELECT nextval('"${storage.schema}".revocations')`),
        });
        expect(calledIn(met)).to.equal('append');
        const store = await storage.open();
        await catchUp(store);
        await demandSound(store);
      }),
    ));

  it('is read with rows and checkpoint of one snapshot while its runner steps', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const [plain, projecting] = [await storage.open(), await storage.open()];
      const runner = await ProjectionRunner.open({
        store: projecting,
        projection: counterTotals,
        follows: 'on-demand',
      });
      const { rows: models } = await pool.query<{ name: string }>(`SELECT name FROM "${schema}".read_models`);
      // So many names that it takes a while to find the read model.
      const names = [...Array.from({ length: 20_000 }, (_, index) => `none ${index}`), models[0]?.name];
      let looks = 0;
      const look = async (): Promise<void> => {
        const { rows } = await pool.query<{ kind: string; value_2: string }>(
          `SELECT * FROM "${schema}".${FUNCTIONS.lookUp}(NULL, NULL, NULL, NULL, $1, $2, $3)`,
          [names, names.slice(-1), [Buffer.from(counterStream('a'))]],
        );
        const found = new Map(rows.map(({ kind, value_2 }) => [kind, value_2]));
        const place = found.get('model')?.split(' ')[0] ?? '0';
        // Each event counted one.
        expect(/"total":(\d+)/.exec(found.get('row') ?? '')?.[1] ?? '0').to.equal(place);
        looks += 1;
      };
      for (let round = 0; round < 20; round++) {
        await plain.eventStore.append(appendTo('a'));
        let isStepping = true;
        const stepping = runner.catchUp().finally(() => (isStepping = false));
        while (isStepping) await look();
        await stepping;
      }
      expect(looks).to.be.at.least(20);
      await runner.close();
    }));
});
