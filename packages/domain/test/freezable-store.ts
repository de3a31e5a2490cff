import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { delegating, memoryReadModelStore, type ReadModel } from '@login-policy/event-sourcing/store';

/** A store that can stop answering. */
export interface FreezableStore extends Store {
  freeze(): void;
  freezeAppends(): void;
}

/** A memory store that can be made to say nothing any more, whatever it is handed. */
export function freezable(readModelUpdates: Store['readModelUpdates']): FreezableStore {
  const { eventStore: sound, readModels, ...store } = openMemoryStore();
  let [isFrozen, isFrozenForAppends] = [false, false];
  const answered = <Value>(ask: () => Promise<Value>): Promise<Value> =>
    isFrozen ? new Promise(() => undefined) : ask();
  async function* pagesOf<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page, void, undefined> {
    await answered(async () => undefined);
    yield* pages;
  }
  const rows = readModelUpdates === 'inline' ? readModels : memoryReadModelStore();
  return {
    ...store,
    readModelUpdates,
    freeze: () => void (isFrozen = true),
    freezeAppends: () => void (isFrozenForAppends = true),
    eventStore: delegating(sound, {
      append: (append) => (isFrozenForAppends ? new Promise(() => undefined) : answered(() => sound.append(append))),
      readStream: (stream, options) => pagesOf(sound.readStream(stream, options)),
      readAll: (options) => pagesOf(sound.readAll(options)),
      receipt: (stream, key) => answered(() => sound.receipt(stream, key)),
      head: () => answered(() => sound.head()),
      knows: (position) => answered(() => sound.knows(position)),
    }),
    readModels: {
      open: async (projection) => {
        const model = await rows.open(projection);
        return readModelUpdates === 'inline' ? freezing(model, answered) : model;
      },
      close: () => rows.close(),
    },
  };
}

function freezing<Row>(
  model: ReadModel<Row>,
  answered: <Value>(ask: () => Promise<Value>) => Promise<Value>,
): ReadModel<Row> {
  return {
    read: (keys) => answered(() => model.read(keys)),
    query: (query) => answered(() => model.query(query)),
    keys: (query) => answered(() => model.keys(query)),
    count: (query) => answered(() => model.count(query)),
    checkpoint: () => answered(() => model.checkpoint()),
    commit: (change) => answered(() => model.commit(change)),
    changed: (signal) => model.changed(signal),
    beginRebuild: () => answered(() => model.beginRebuild()),
  };
}
