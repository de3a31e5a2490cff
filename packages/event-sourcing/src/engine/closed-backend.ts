import { StoreClosed } from '../faults.js';
import type { ReadStreamsOptions } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Backend } from './backend.js';

/** A backend whose every method rejects with `StoreClosed` once it is closed; what waits for a change ends. */
export function refusingWhenClosed(backend: Backend): Backend {
  let isClosed = false;
  const open = (): Backend => {
    if (isClosed) throw new StoreClosed({ store: backend.name });
    return backend;
  };
  const { readStreams, isCurrent } = backend;
  return {
    name: backend.name,
    form: backend.form,
    transact: async (transaction) => open().transact(transaction),
    wasWritten: (plan) => backend.wasWritten(plan),
    look: async (question) => open().look(question),
    query: async (...asked) => open().query(...asked),
    readStream: async (...asked) => open().readStream(...asked),
    readLog: async (...asked) => open().readLog(...asked),
    has: async (position) => open().has(position),
    openModel: async (name) => open().openModel(name),
    beginShadow: async (name) => open().beginShadow(name),
    changed: async (...asked) => (isClosed ? undefined : backend.changed(...asked)),
    ...(readStreams !== undefined && { readStreams: (options) => readUntilClosed(options) }),
    ...(isCurrent !== undefined && { isCurrent: (token) => !isClosed && isCurrent.call(backend, token) }),
    async close() {
      isClosed = true;
      await backend.close();
    },
  };

  async function* readUntilClosed(options: ReadStreamsOptions): AsyncGenerator<readonly RecordedEvent[]> {
    for await (const page of readStreams?.call(open(), options) ?? []) {
      open();
      yield page;
    }
  }
}
