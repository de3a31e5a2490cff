import { StoreClosed } from '../faults.js';
import type { ReadStreamsOptions } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { refuseOver, type WaitOptions } from '../deadline.js';
import type { Backend } from './backend.js';

/**
 * A backend whose every method rejects with `StoreClosed` once it is closed, and with `DeadlineExceeded` when its wait is over. What waits
 * for a change ends.
 */
export function refusingWhenClosed(backend: Backend): Backend {
  let isClosed = false;
  const open = (wait?: WaitOptions): Backend => {
    if (isClosed) throw new StoreClosed({ store: backend.name });
    refuseOver(`a call of ${backend.name}`, wait);
    return backend;
  };
  const { readStreams, isCurrent } = backend;
  return {
    name: backend.name,
    form: backend.form,
    transact: async (transaction) => open(transaction).transact(transaction),
    wasWritten: (plan) => backend.wasWritten(plan),
    look: async (question, wait) => open(wait).look(question, wait),
    query: async (target, query, wait) => open(wait).query(target, query, wait),
    readStream: async (streamId, part, wait) => open(wait).readStream(streamId, part, wait),
    readLog: async (after, range, wait) => open().readLog(after, range, wait),
    has: async (position, wait) => open(wait).has(position, wait),
    openModel: async (name, wait) => open(wait).openModel(name, wait),
    beginShadow: async (name, wait) => open(wait).beginShadow(name, wait),
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
