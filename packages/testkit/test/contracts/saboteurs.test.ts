import { openMemoryStore, START, type RecordedEvent, type Store } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { storeContract } from '@login-policy/testkit/contracts';
import { before, describe, it } from 'mocha';
import { runContract, type ContractRun } from './contract-run.js';
import { demandNoticed, methodsOf, PATIENCE_MS, runOnEvents, runOnRows, type Saboteur } from './saboteur.js';
import { saboteursOfRows } from './saboteurs-of-rows.js';
import { saboteursThatCut } from './saboteurs-that-cut.js';
import { saboteursThatRead } from './saboteurs-that-read.js';
import { saboteursThatWrite } from './saboteurs-that-write.js';

describeSaboteurs(
  'the event store contract',
  [...saboteursThatWrite, ...saboteursThatRead, ...saboteursThatCut],
  runOnEvents,
);
describeSaboteurs('the read-model store contract', saboteursOfRows, runOnRows);

describe('the store contract notices a store that', () => {
  it('keeps no read model in its appends', async () => {
    const run = await runContract('has changed rows, indexes and checkpoint when it answers', () =>
      registerStore((store) => ({ ...store, readModels: memoryReadModelStore() })),
    );
    demandNoticed(run);
  });

  it('records what a projection can not take', async () => {
    const run = await runContract('writes nothing: no event, no row, no receipt, of no projection', () =>
      registerStore((store) => ({ ...store, readModels: memoryReadModelStore() })),
    );
    demandNoticed(run);
  });

  it('says that the head is where the rows are', async () => {
    const run = await runContract('has the rows of all events that are there already, before it is read', () =>
      registerStore(withoutHead),
    );
    demandNoticed(run);
  });

  it('keeps no snapshots', async () => {
    const run = await runContract(
      'has them by appends, also where others wrote without the rows, and by a rebuild; its row being gone, they stay',
      () => registerStore(withoutSnapshots),
    );
    demandNoticed(run);
  });
});

function describeSaboteurs<Sabotage>(
  contract: string,
  saboteurs: readonly Saboteur<Sabotage>[],
  run: (saboteur: Saboteur<Sabotage>) => Promise<ContractRun>,
): void {
  describe(`${contract} notices a store that`, () => {
    const begun = new Map<Saboteur<Sabotage>, Promise<ContractRun>>();

    before('begin those whose notice takes a wait', () => {
      for (const saboteur of saboteurs) if (saboteur.isNoticedByWaiting) begun.set(saboteur, run(saboteur));
    });

    for (const saboteur of saboteurs) {
      it(saboteur.does, async () => demandNoticed(await (begun.get(saboteur) ?? run(saboteur))));
    }
  });
}

/** A reader takes its rows for the newest. */
function withoutHead(store: Store): Store {
  return {
    ...store,
    readModels: {
      async open(projection) {
        const model = await store.readModels.open(projection);
        const read: typeof model.read = async (keys) => {
          const found = await model.read(keys);
          return { ...found, head: found.checkpoint ?? START };
        };
        return { ...methodsOf(model), read };
      },
      close: () => store.readModels.close(),
    },
  };
}

function withoutSnapshots(store: Store): Store {
  return {
    ...store,
    readModels: {
      open: ({ snapshot: _, ...projection }) => store.readModels.open(projection),
      close: () => store.readModels.close(),
    },
  };
}

function registerStore(spoil: (store: Store) => Store): void {
  storeContract(
    {
      name: 'a saboteur',
      patienceMs: PATIENCE_MS,
      keeps: 'inline',
      open: async ({ clock }) => {
        const store = spoil(openMemoryStore({ clock }));
        const reopen = async (): Promise<Store> => {
          const history: RecordedEvent[] = [];
          for await (const page of store.eventStore.readAll()) history.push(...page);
          return spoil(openMemoryStore({ clock, history }));
        };
        return { store, reopen, another: async () => store, dispose: () => store.close() };
      },
    },
    { describe, it },
  );
}
