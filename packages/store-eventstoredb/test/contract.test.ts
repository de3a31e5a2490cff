import type { Clock, Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { eventStoreContract } from '@login-policy/testkit';
import { after, before, describe } from 'mocha';
import { startServer, unusedPrefix, type TestServer } from './server.js';

describe('EventStoreDB', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });

  after(() => server.stop());

  eventStoreContract({
    name: 'EventStoreDB',
    async open({ clock }: { readonly clock: Clock }) {
      const streamPrefix = unusedPrefix();
      const stores: Store[] = [];
      const connect = (): Store => {
        const store = connectEventStoreDb(server.url, { clock, streamPrefix });
        stores.push(store);
        return store;
      };
      return {
        eventStore: connect().eventStore,
        another: async () => connect().eventStore,
        dispose: async () => {
          await Promise.all(stores.map((store) => store.close()));
        },
      };
    },
  });
});
