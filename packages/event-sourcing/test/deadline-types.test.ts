import { Deadline, openMemoryStore, streamId } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { TimedEventStore, TimedReadModel } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tallies } from './tally.js';

const stream = streamId('tally', 'a');

/** Never run: what must not compile, doesn't. Each line stops the build when it begins to. */
export function mustNotCompile(store: TimedEventStore, model: TimedReadModel<number>): readonly unknown[] {
  const calls: unknown[] = [];
  // @ts-expect-error the head without a deadline
  calls.push(store.head());
  // @ts-expect-error a receipt without a deadline
  calls.push(store.receipt(stream, 'key'));
  // @ts-expect-error a read of a stream without a deadline
  calls.push(store.readStream(stream, {}));
  // @ts-expect-error a read of everything without a deadline
  calls.push(store.readAll({}));
  // @ts-expect-error a read of rows without a deadline
  calls.push(model.read(['a']));
  // @ts-expect-error a look at the checkpoint without a deadline
  calls.push(model.checkpoint());
  return calls;
}

describe('a call of a store without a deadline', () => {
  it('does not compile', async () => {
    const deadline = new Deadline('a test');
    const store = new TimedEventStore(openMemoryStore().eventStore);
    const model = new TimedReadModel(await memoryReadModelStore().open(tallies()));
    expect([await store.receipt(stream, 'key', deadline), await model.checkpoint(deadline)]).to.deep.equal([
      undefined,
      undefined,
    ]);
  });
});
