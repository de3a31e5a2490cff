import { setImmediate as nextTurn } from 'node:timers/promises';
import { memoryReadModelStore, type ReadModelStore } from '@login-policy/event-sourcing/store';
import type { Chance } from '../attacks/chance.js';

/** Read models beside a followed log whose steps take some time. */
export function slowReadModels(chance: Chance): ReadModelStore {
  const readModels = memoryReadModelStore();
  return {
    async open(projection) {
      const model = await readModels.open(projection);
      const commit = model.commit.bind(model);
      model.commit = async (change, wait) => {
        for (let turns = chance.oneIn(2) ? chance.below(60) : 0; turns > 0; turns--) await nextTurn();
        await commit(change, wait);
      };
      return model;
    },
    close: () => readModels.close(),
  };
}
