import type { PostgresStore } from '@login-policy/store-postgres';
import { describe, it } from 'mocha';
import { appendTo } from './sample.js';
import { onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

describe('a subscriber that waits for events of another process on PostgreSQL', () => {
  it('finds them by polling', () =>
    onStorage(freshStorage(), async (storage) => {
      const [writer, reader] = [await storage.open(), await storage.open({ pollIntervalMs: 20 })];
      const subscriber = subscribe(reader);
      await tellsOf(subscriber, writer);
      await subscriber.leave();
    }));
});

interface Subscriber {
  count(): number;
  leave(): Promise<void>;
}

function subscribe({ eventStore }: PostgresStore): Subscriber {
  const ending = new AbortController();
  let count = 0;
  const read = async (): Promise<void> => {
    for await (const message of eventStore.subscribe({ signal: ending.signal })) {
      if (message.kind === 'events') count += message.events.length;
    }
  };
  const reading = read();
  return {
    count: () => count,
    async leave() {
      ending.abort();
      await reading;
    },
  };
}

async function tellsOf(subscriber: Subscriber, writer: PostgresStore): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const before = subscriber.count();
    await writer.eventStore.append(appendTo('a'));
    await eventually('the event', async () => subscriber.count() === before + 1);
  }
}
