import { openMemoryStore, streamId } from '@login-policy/event-sourcing';
import { CheckpointConflict, Projector, type ReadModelStore } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { raise } from './followed.js';
import { tallies } from './tally.js';

const STREAMS = Array.from({ length: 1000 }, (_, index) => streamId('tally', `${index}`));

describe('a rebuild of many rows', () => {
  it('writes them in slices, and again what changed after a slice was written', async () => {
    const store = openMemoryStore();
    const raiseAll = async (): Promise<void> => {
      for (const stream of STREAMS) await raise(store, stream, 1);
    };
    await raiseAll();
    const slices: number[] = [];
    let conflicts = 1;
    const readModels: ReadModelStore = {
      close: () => store.readModels.close(),
      async open(projection) {
        const model = await store.readModels.open(projection);
        const methods = {
          read: model.read.bind(model),
          query: model.query.bind(model),
          checkpoint: model.checkpoint.bind(model),
          commit: model.commit.bind(model),
          changed: model.changed.bind(model),
        };
        return {
          ...methods,
          async beginRebuild() {
            const copy = await model.beginRebuild();
            return {
              ...methods,
              read: copy.read.bind(copy),
              commit(change) {
                slices.push(change.rows.size);
                return copy.commit(change);
              },
              async switchOver(change) {
                if (conflicts-- <= 0) return copy.switchOver(change);
                await raiseAll();
                throw new CheckpointConflict({ model: 'tallies', expected: undefined, actual: undefined });
              },
              beginRebuild: copy.beginRebuild.bind(copy),
            };
          },
        };
      },
    };
    const projector = new Projector({ eventStore: store.eventStore, readModels, projection: tallies() });
    await projector.rebuild();
    const { rows } = await (await projector.readModel()).read(STREAMS);
    expect([...rows.values()]).to.deep.equal(STREAMS.map(() => 2));
    expect(Math.max(...slices)).to.be.at.most(200);
    expect(slices).to.have.length.above(4);
  });
});
