import { Fault, type Projection, type Store } from '@login-policy/event-sourcing';
import type { EventShape, ReadModel } from '@login-policy/event-sourcing/store';

/**
 * A store whose rows stay as they are: a read model that was opened to be verified must not be mended, because the
 * damage is the finding. Rows in this process's memory are still brought to the head.
 */
export function lookingOnly(store: Store): Store {
  if (store.readModelUpdates === 'followed') return store;
  const { readModels } = store;
  return {
    ...store,
    readModels: {
      open: async <Event extends EventShape, Row>(projection: Projection<Event, Row>) =>
        withoutSteps(await readModels.open(projection)),
      close: () => readModels.close(),
    },
  };
}

function withoutSteps<Row>(model: ReadModel<Row>): ReadModel<Row> {
  const refuse = (): Promise<never> => {
    const problem = 'its read model was opened read-only';
    return Promise.reject(new Fault('store-foreign', { store: 'the store', problem }));
  };
  return {
    read: (keys, wait) => model.read(keys, wait),
    query: (query, wait) => model.query(query, wait),
    keys: (query, wait) => model.keys(query, wait),
    count: (query, wait) => model.count(query, wait),
    checkpoint: (wait) => model.checkpoint(wait),
    changed: (signal) => model.changed(signal),
    commit: refuse,
    catchUp: refuse,
    beginRebuild: refuse,
  };
}
