import { openMemoryStore, streamId, type Store } from '@login-policy/event-sourcing';
import { CheckpointConflict, Projector, type ReadModel, type ReadModelStore } from '@login-policy/event-sourcing/store';
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
    const { readModels, slices } = overtakenOnce(store, raiseAll);
    const projector = new Projector({ eventStore: store.eventStore, readModels, projection: tallies() });
    await projector.rebuild();
    const { rows } = await (await projector.readModel()).read(STREAMS);
    expect([...rows.values()]).to.deep.equal(STREAMS.map(() => 2));
    expect(Math.max(...slices)).to.be.at.most(200);
    expect(slices).to.have.length.above(4);
  });
});

/** Read models whose first rebuild finds, at its end, that others have written; and how many rows each step of a rebuild had. */
function overtakenOnce(
  store: Store,
  overtake: () => Promise<void>,
): { readonly readModels: ReadModelStore; readonly slices: readonly number[] } {
  const slices: number[] = [];
  let conflicts = 1;
  const readModels: ReadModelStore = {
    close: () => store.readModels.close(),
    async open(projection) {
      const model = await store.readModels.open(projection);
      const beginRebuild: typeof model.beginRebuild = async () => {
        const copy = await model.beginRebuild();
        return {
          ...methodsOf(copy),
          commit(change) {
            slices.push(change.rows.size);
            return copy.commit(change);
          },
          async switchOver(change) {
            if (conflicts-- <= 0) return copy.switchOver(change);
            await overtake();
            throw new CheckpointConflict({ model: 'tallies', expected: undefined, actual: undefined });
          },
        };
      };
      return { ...methodsOf(model), beginRebuild };
    },
  };
  return { readModels, slices };
}

function methodsOf<Row>(model: ReadModel<Row>): ReadModel<Row> {
  return {
    read: (keys) => model.read(keys),
    query: (query) => model.query(query),
    keys: (query) => model.keys(query),
    checkpoint: () => model.checkpoint(),
    commit: (change) => model.commit(change),
    changed: (signal) => model.changed(signal),
    beginRebuild: () => model.beginRebuild(),
  };
}
