import { Projector } from '@login-policy/event-sourcing';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { demandSound } from './soundness.js';
import { appendTo } from './sample.js';
import { onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

describe('a rebuild on PostgreSQL', () => {
  for (const inlineProjections of [[], [counterTotals]]) {
    const kind = inlineProjections.length === 0 ? 'a projector keeps' : 'the appends keep';

    it(`takes the place of the rows that ${kind}, while writes go on`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open({ inlineProjections });
        const [ending, projector] = [new AbortController(), new Projector({ ...store, projection: counterTotals })];
        let written = 0;
        const write = async (writer: number): Promise<void> => {
          while (!ending.signal.aborted) {
            await store.eventStore.append(appendTo(`w-${writer}`));
            written += 1;
          }
        };
        const writing = Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
        await eventually('a log that takes a while to rebuild from', async () => written > 2000);
        for (let round = 0; round < 5; round++) {
          const before = written;
          await projector.rebuild();
          expect(written).to.be.greaterThan(before);
        }
        ending.abort();
        await writing;
        if (inlineProjections.length === 0) await projector.catchUp();
        await demandSound(store);
        const { rows } = await storage.pool.query(`SELECT stage FROM "${storage.schema}".read_models`);
        expect(rows).to.deep.equal([{ stage: 'live' }]);
      }));
  }
});
