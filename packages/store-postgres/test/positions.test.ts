import { monotonicIds, START } from '@login-policy/event-sourcing';
import { positionOf, type ReadAllOptions } from '@login-policy/event-sourcing/store';
import type { PostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { refusal } from './refusal.js';
import { appendTo } from './sample.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();

describe('a position past the end of a store on PostgreSQL', () => {
  for (const place of [2n, 1000n, 2n ** 63n, 2n ** 100n]) {
    const after = positionOf(place, monotonicIds()());
    it(`is refused by reads and subscriptions: ${place}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const store = await storage.open();
        await store.eventStore.append(appendTo('a'));
        for (const read of [readOn, readWithin(storage), follow]) {
          const caught = await refusal(read(store, { after, filter: { categories: ['Counter'] } }));
          expect(caught)
            .to.include({ code: 'position-unknown' })
            .with.deep.property('facts', {
              position: after,
              head: await store.eventStore.head(),
            });
        }
      }));
  }

  it('is neither the end itself nor the beginning of an empty store', () =>
    onStorage(freshStorage(), async (storage) => {
      const store = await storage.open();
      expect(await readOn(store, { after: START })).to.equal(0);
      await store.eventStore.append(appendTo('a'));
      expect(await readOn(store, { after: await store.eventStore.head() })).to.equal(0);
    }));
});

async function readOn({ eventStore }: Pick<PostgresStore, 'eventStore'>, options: ReadAllOptions): Promise<number> {
  let count = 0;
  for await (const page of eventStore.readAll(options)) count += page.length;
  return count;
}

function readWithin({ pool }: ReturnType<typeof freshStorage>) {
  return async (store: PostgresStore, options: ReadAllOptions): Promise<number> => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      return await readOn(store.within(client), options);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  };
}

async function follow({ eventStore }: PostgresStore, options: ReadAllOptions): Promise<string> {
  for await (const { kind } of eventStore.subscribe(options)) return kind;
  return 'ended';
}
