import { type Position, ProjectionRunner, START, type Store, streamId } from '@login-policy/event-sourcing';
import {
  followedStoreOn,
  type LogRange,
  MemoryBackend,
  memoryReadModelStore,
  type ReadAhead,
} from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { newEvent } from './events.js';
import { raise, until } from './followed.js';
import { tallies } from './tally.js';

const [a, other] = [streamId('tally', 'a'), streamId('other', 'a')];

/** Its reads take some turns of the event loop, and it says at once and only once that something changed. */
class AnsweringLate extends MemoryBackend {
  override async readLog(after: Position, range: LogRange): Promise<ReadAhead> {
    const found = await super.readLog(after, range);
    for (let turns = Math.random() * 4; turns > 0; turns--) await nextTurn();
    return found;
  }
}

describe('those that follow one log together', () => {
  it('miss no change, whenever it comes and however they read', async () => {
    const store: Store = followedStoreOn(new AnsweringLate('late', { form: 'value' }), memoryReadModelStore(), {});
    const runner = await ProjectionRunner.open({ store, projection: tallies() });
    const ending = new AbortController();
    const reached: Position[] = [];
    const following = [1, 2, 500].map(async (pageSize, index) => {
      const options = { pageSize, signal: ending.signal, ...(index === 1 && { filter: { categories: ['tally'] } }) };
      for await (const { position } of store.eventStore.subscribe(options)) reached[index] = position;
    });
    for (let round = 0; round < 200; round++) {
      for (let more = Math.random() * 3; more > 0; more--) await raise(store, a, 1);
      for (let turns = Math.random() * 8; turns > 0; turns--) await nextTurn();
      if (round % 3 === 0) await store.eventStore.append({ streamId: other, expected: 'any', events: [newEvent()] });
      if (round % 5 === 0) await runner.catchUp();
      await raise(store, a, 1);
      const head = await store.eventStore.head();
      await until(() => reached.length === 3 && reached.every((position) => position === head));
    }
    ending.abort();
    await Promise.all(following);
    expect((await runner.read([a])).checkpoint ?? START).to.equal(await store.eventStore.head());
    await runner.close();
    await store.close();
  });
});
