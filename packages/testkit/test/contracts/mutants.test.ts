import { openMemoryStore, type RecordedEvent, START, type Store } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { storeContract } from '@login-policy/testkit/contracts';
import { before, describe, it } from 'mocha';
import { runContract, type ContractRun } from './contract-run.js';
import {
  demandNoticed,
  mutated,
  WAIT_LIMIT_MS,
  runOnEvents,
  runOnRows,
  type Mutant,
  type ReadModelMutation,
} from './mutant.js';
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

  it('takes the rows of an index for the newest', async () => {
    const run = await runContract('says in every answer where the head is, and that it is behind', () =>
      registerStore((store) =>
        withModels(store, (model) => ({
          count: async (query) => {
            const found = await model.count(query);
            return { ...found, head: found.checkpoint ?? START };
          },
        })),
      ),
    );
    demandNoticed(run);
  });

  it('begins a consumer anew whenever it gets a position to begin at', async () => {
    let starts = 0;
    const run = await runContract('first begins after the position in `from`', () =>
      registerStore((store) => ({
        ...store,
        consume: (options) => store.consume(options.from === undefined ? options : { ...options, name: `${starts++}` }),
      })),
    );
    demandNoticed(run);
  });

  it('takes a step whatever it is based on', async () => {
    const run = await runContract('takes no step and no rebuild that is based on an event that the log lacks', () =>
      registerStore(withoutBasis),
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
  return withModels(store, (model) => ({
    async read(keys) {
      const found = await model.read(keys);
      return { ...found, head: found.checkpoint ?? START };
    },
  }));
}

function withoutBasis(store: Store): Store {
  return withModels(store, (model) => ({ commit: ({ basedOn: _, ...change }) => model.commit(change) }));
}

function withModels(store: Store, mutation: ReadModelMutation): Store {
  return { ...store, readModels: mutated(store.readModels, mutation) };
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
