import { position, ProjectionRunner } from '@login-policy/event-sourcing';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl } from './database.js';
import { refusal } from './refusal.js';
import { demandSound } from './soundness.js';
import { appendTo } from './sample.js';
import { onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

describe('a rebuild on PostgreSQL', () => {
  for (const models of [[], [counterTotals]]) {
    const kind = models.length === 0 ? 'a projector keeps' : 'the appends keep';

    it(`replaces the rows that ${kind}, while writes go on`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ models });
        const [ending, projector] = [
          new AbortController(),
          await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' }),
        ];
        let written = 0;
        const write = async (writer: number): Promise<void> => {
          while (!ending.signal.aborted) {
            await store.eventStore.append(appendTo(`w-${writer}`));
            written += 1;
          }
        };
        const writing = Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
        await eventually('a log that takes a while to rebuild from', async () => written > 2000);
        // On a busy machine a rebuild may be over before anybody has had a turn: that one does not count.
        for (let meanwhile = 0; meanwhile < 5;) {
          const before = written;
          await projector.rebuild();
          if (written > before) meanwhile += 1;
        }
        ending.abort();
        await writing;
        if (models.length === 0) await projector.catchUp();
        await demandSound(store);
        await eventually('the end of what was replaced', async () => {
          const { rows } = await storage.pool.query(`SELECT stage FROM "${storage.schema}".read_models`);
          return rows.length === 1;
        });
      }));
  }
});

describe('two rebuilds on PostgreSQL at once', () => {
  it('end both: the earlier one is superseded at its next step', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore, readModels } = await storage.open();
      await eventStore.append(appendTo('a'));
      const live = await readModels.open(counterTotals);
      const [first, second] = [await live.beginRebuild(), await live.beginRebuild()];
      const step = { expected: undefined, checkpoint: position(1), rows: new Map() };
      const calls = [() => first.read(['a']), () => first.commit(step), () => first.promote(step)];
      for (const call of calls) {
        expect(await refusal(call())).to.include({ code: 'rebuild-superseded' });
      }
      await second.promote(step);
      expect(await refusal(first.promote(step))).to.include({ code: 'rebuild-superseded' });
    }));

  it('destroy no connection, whatever is refused', () =>
    onStorage(freshStorage(), async (storage) => {
      const pool = new Pool({ connectionString: await databaseUrl() });
      let removed = 0;
      pool.on('remove', () => (removed += 1));
      const store = await storage.open({ pool });
      await store.eventStore.append(appendTo('a'));
      const model = await store.readModels.open(counterTotals);
      await model.commit({ expected: undefined, checkpoint: position(1), rows: new Map() });
      const copy = await model.beginRebuild();
      const early = copy.promote({ expected: position(1), checkpoint: position(1), rows: new Map() });
      expect(await refusal(early)).to.include({ code: 'store-unavailable' });
      const rebuilds = Array.from({ length: 4 }, async () =>
        (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).rebuild(),
      );
      const outcomes = await Promise.allSettled(rebuilds);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).to.include({ code: 'rebuild-superseded' });
      }
      expect(outcomes.map(({ status }) => status)).to.include('fulfilled');
      expect(removed).to.equal(0);
      await demandSound(store);
      await store.close();
      await pool.end();
    }));

  for (const [title, goOn] of [
    ['catches up', (runner: ProjectionRunner<CounterEvent, CounterRow>) => runner.catchUp()],
    ['appends', (_: unknown, store: PostgresStore) => store.eventStore.append(appendTo('a'))],
  ] as const) {
    it(`does not stop the process that ran it: it ${title} after another process has updated the new rows`, () =>
      onStorage(freshStorage(), async (storage) => {
        const plain = await storage.open();
        const [store, other] = [await storage.open(), await storage.open()];
        await plain.eventStore.append(appendTo('a'));
        const projected = (on: PostgresStore) =>
          ProjectionRunner.open({ store: on, projection: counterTotals, follows: 'on-demand' });
        const [runner, otherRunner] = [await projected(store), await projected(other)];
        await runner.rebuild();
        await plain.eventStore.append(appendTo('a'));
        await otherRunner.catchUp();
        await plain.eventStore.append(appendTo('b'));
        await goOn(runner, store);
        await runner.catchUp();
        await demandSound(store);
        await runner.close();
        await otherRunner.close();
      }));
  }
});
