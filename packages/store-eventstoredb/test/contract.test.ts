import type { Clock, Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { eventStoreContract, storeContract, tableOfEnds } from '@login-policy/testkit/contracts';
import { after, before, describe, it } from 'mocha';
import { realServerUrl, startServer, unusedPrefix, type TestServer } from './server.js';

/** The scheme chooses the client of the vendor's. */
for (const [scheme, name] of [
  ['esdb:', 'EventStoreDB'],
  ['kurrentdb:', 'EventStoreDB by the client of KurrentDB'],
] as const)
  describe(name, () => {
    let server: TestServer;

    before(async () => {
      server = await startServer();
    });

    after(() => server.stop());

    /** Any number of openings of a part of the server that nobody else uses. */
    function openings(clock: Clock): { connect: () => Store; dispose: () => Promise<void> } {
      const streamPrefix = unusedPrefix();
      const stores: Store[] = [];
      return {
        connect: () => {
          const store = connectEventStoreDb(server.url.replace('esdb:', scheme), {
            clock,
            streamPrefix,
            timeouts: { beatMs: 750 },
          });
          stores.push(store);
          return store;
        },
        dispose: async () => {
          await Promise.all(stores.map((store) => store.close()));
        },
      };
    }

    eventStoreContract(
      {
        name,
        looksElsewhereFirst: true,
        freezes: realServerUrl === undefined,
        veryMany: Number(process.env['PROOF_ROUNDS'] ?? 1000),
        async open({ clock }: { readonly clock: Clock }) {
          const { connect, dispose } = openings(clock);
          const { freeze } = server;
          return { eventStore: connect().eventStore, another: async () => connect().eventStore, dispose, freeze };
        },
      },
      { describe, it },
    );

    storeContract(
      {
        name,
        readModelUpdates: 'followed',
        freezes: realServerUrl === undefined,
        report: (ends) => {
          if (process.env['PRINT_ENDS'] !== undefined) process.stdout.write(`${tableOfEnds(ends)}\n`);
        },
        async open({ clock }: { readonly clock: Clock }) {
          const { connect, dispose } = openings(clock);
          const store = connect();
          const reopen = async (): Promise<Store> => {
            await store.close();
            return connect();
          };
          return { store, reopen, another: async () => connect(), dispose, freeze: server.freeze };
        },
      },
      { describe, it },
    );
  });
