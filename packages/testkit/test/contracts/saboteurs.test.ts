import {
  openMemoryStore,
  Projector,
  type Append,
  type EventShape,
  type RecordedEvent,
  type Store,
} from '@login-policy/event-sourcing';
import { inlineProjectionContract, type InlineProjectionOptions } from '@login-policy/testkit';
import { before, describe, it } from 'mocha';
import { runContract, type ContractRun } from './contract-run.js';
import { delegating, demandNoticed, runOnEvents, runOnRows, type Saboteur } from './saboteur.js';
import { saboteursOfRows } from './saboteurs-of-rows.js';
import { saboteursThatRead } from './saboteurs-that-read.js';
import { saboteursThatWrite } from './saboteurs-that-write.js';

const DEADLINE_MS = 20_000;

describeSaboteurs('the event store contract', [...saboteursThatWrite, ...saboteursThatRead], runOnEvents);
describeSaboteurs('the read-model store contract', saboteursOfRows, runOnRows);

describe('the inline projection contract notices a store that', () => {
  it('changes the rows after it has answered', async () => {
    const run = await runContract('has changed rows, indexes and checkpoint when it answers', () =>
      registerInline((options) => projectingLater(options, async () => {})),
    );
    demandNoticed(run);
  });

  it('records what its projection can not take', async () => {
    const run = await runContract('writes nothing: no event, no row, no receipt, of no projection', () =>
      registerInline((options) => projectingLater(options, (projectors) => catchUpAll(projectors))),
    );
    demandNoticed(run);
  });

  it('does not catch up when it is opened', async () => {
    const run = await runContract('has their rows of all events that are there already', () =>
      registerInline(openMemoryStore),
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
      it(saboteur.does, async function () {
        this.timeout(DEADLINE_MS);
        demandNoticed(await (begun.get(saboteur) ?? run(saboteur)));
      });
    }
  });
}

/** A store that records first and then does `afterwards` with its projections. */
function projectingLater(
  { clock, inlineProjections }: InlineProjectionOptions,
  afterwards: (projectors: readonly Projector<EventShape, unknown>[]) => Promise<void>,
): Store {
  const store = openMemoryStore({ clock });
  const projectors = inlineProjections.map((projection) => new Projector({ ...store, projection }));
  const append = async (appended: Append): Promise<readonly RecordedEvent[]> => {
    const answer = await store.eventStore.append(appended);
    await afterwards(projectors);
    return answer;
  };
  return { ...store, eventStore: { ...delegating(store.eventStore), append } };
}

async function catchUpAll(projectors: readonly Projector<EventShape, unknown>[]): Promise<void> {
  for (const projector of projectors) await projector.catchUp();
}

function registerInline(open: (options: InlineProjectionOptions) => Store): void {
  inlineProjectionContract({
    name: 'a saboteur',
    open: async (options) => {
      const store = open(options);
      // Whatever projections it is opened with again, it takes none of them in.
      const reopen = async (): Promise<Store> => {
        const history: RecordedEvent[] = [];
        for await (const page of store.eventStore.readAll()) history.push(...page);
        return openMemoryStore({ clock: options.clock, history });
      };
      return { store, reopen, dispose: () => store.close() };
    },
  });
}
