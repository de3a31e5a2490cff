import { openMemoryStore, START, type RecordedEvent, type Store } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { storeContract } from '@login-policy/testkit/contracts';
import { before, describe, it } from 'mocha';
import { runContract, type ContractRun } from './contract-run.js';
import { demandNoticed, methodsOf, WAIT_LIMIT_MS, runOnEvents, runOnRows, type Mutant } from './mutant.js';
import { mutantsOfRows } from './mutants-of-rows.js';
import { mutantsThatCut } from './mutants-that-cut.js';
import { mutantsThatRead } from './mutants-that-read.js';
import { mutantsThatWrite } from './mutants-that-write.js';

describeMutants('the event store contract', [...mutantsThatWrite, ...mutantsThatRead, ...mutantsThatCut], runOnEvents);
describeMutants('the read-model store contract', mutantsOfRows, runOnRows);

describe('the store contract notices a store that', () => {
  it('keeps no read model in its appends', async () => {
    const run = await runContract('changes rows, indexes and checkpoint before it returns', () =>
      registerStore((store) => ({ ...store, readModels: memoryReadModelStore() })),
    );
    demandNoticed(run);
  });

  it('records what a projection can not take', async () => {
    const run = await runContract('writes no event, no receipt, and no row of any projection', () =>
      registerStore((store) => ({ ...store, readModels: memoryReadModelStore() })),
    );
    demandNoticed(run);
  });

  it('says that the head is where the rows are', async () => {
    const run = await runContract('contains all existing events before its first read', () =>
      registerStore(withoutHead),
    );
    demandNoticed(run);
  });

  it('keeps no snapshots', async () => {
    const run = await runContract(
      'has snapshots from its own and other processes’ appends and from a rebuild, and keeps them when the row is removed',
      () => registerStore(withoutSnapshots),
    );
    demandNoticed(run);
  });
});

function describeMutants<Mutation>(
  contract: string,
  mutants: readonly Mutant<Mutation>[],
  run: (mutant: Mutant<Mutation>) => Promise<ContractRun>,
): void {
  describe(`${contract} notices a store that`, () => {
    const begun = new Map<Mutant<Mutation>, Promise<ContractRun>>();

    before('begin those whose notice takes a wait', () => {
      for (const mutant of mutants) if (mutant.isNoticedByWaiting) begun.set(mutant, run(mutant));
    });

    for (const mutant of mutants) {
      it(mutant.does, async () => demandNoticed(await (begun.get(mutant) ?? run(mutant))));
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
      name: 'a mutant',
      waitLimitMs: WAIT_LIMIT_MS,
      readModelUpdates: 'inline',
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
