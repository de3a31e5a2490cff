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
  const open = (): Backend => {
    if (isClosed) throw new StoreClosed({ store: backend.name });
    return backend;
  };
  const guarded = <Result>(wait: WaitOptions | undefined, call: (opened: Backend) => Promise<Result>): Promise<Result> => {
    try {
      refuseOver(`a call of ${backend.name}`, wait);
      return call(open());
    } catch (refused) {
      return Promise.reject(refused);
    }
  };
  const { readStreams, isCurrent } = backend;
  return {
    name: backend.name,
    form: backend.form,
    transact: (transaction) => guarded(transaction, (opened) => opened.transact(transaction)),
    wasWritten: (plan) => backend.wasWritten(plan),
    look: (question, wait) => guarded(wait, (opened) => opened.look(question, wait)),
    query: (target, query, wait) => guarded(wait, (opened) => opened.query(target, query, wait)),
    readStream: (streamId, part, wait) => guarded(wait, (opened) => opened.readStream(streamId, part, wait)),
    // Its signal ends the read quietly.
    readLog: (after, range, wait) => guarded(undefined, (opened) => opened.readLog(after, range, wait)),
    has: (position, wait) => guarded(wait, (opened) => opened.has(position, wait)),
    openModel: (name, wait) => guarded(wait, (opened) => opened.openModel(name, wait)),
    beginShadow: (name, wait) => guarded(wait, (opened) => opened.beginShadow(name, wait)),
    changed: (signal, withinMs) => (isClosed ? Promise.resolve() : backend.changed(signal, withinMs)),
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
