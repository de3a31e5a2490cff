import { type Clock, type EventStore, openMemoryStore, type RecordedEvent } from '@login-policy/event-sourcing';
import { delegating, type ReadModel, type ReadModelStore } from '@login-policy/event-sourcing/store';
import { eventStoreContract, readModelStoreContract } from '@login-policy/testkit/contracts';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runContract, type ContractRun } from './contract-run.js';

/** A sound store and the clock it was opened with, for a mutant to break one thing in. */
export interface Sound {
  readonly store: EventStore;
  readonly clock: Clock;
}

/** A store that breaks one promise. */
export interface Mutant<Mutation> {
  /** What it does, for the title of the test. */
  readonly does: string;
  /** The end of the full title of the contract's test that has to notice. */
  readonly noticedBy: string;
  /** Whether that test only fails after its whole wait limit: such mutants run side by side. */
  readonly isNoticedByWaiting?: true;
  readonly mutation: Mutation;
}

/** What a mutant does instead of what the sound store does. */
export type EventStoreMutation = (sound: Sound) => Partial<EventStore>;

/** What a mutant does instead of what the sound read model does. */
export type ReadModelMutation = <Row>(model: ReadModel<Row>) => Partial<ReadModel<Row>>;

/** Longer than a memory store takes for anything; some mutants make the contract wait until it is over. */
export const WAIT_LIMIT_MS = 2000;

/** Runs the test of the event store contract that has to notice. */
export function runOnEvents({ noticedBy, mutation }: Mutant<EventStoreMutation>): Promise<ContractRun> {
  return runContract(noticedBy, () =>
    eventStoreContract(
      {
        name: 'a mutant',
        waitLimitMs: WAIT_LIMIT_MS,
        readsStreams: true,
        open: async ({ clock }) => {
          const { eventStore } = openMemoryStore({ clock });
          const store = delegating(eventStore, mutation({ store: eventStore, clock }));
          return { eventStore: store, another: async () => store, dispose: () => eventStore.close() };
        },
      },
      { describe, it },
    ),
  );
}

/** Runs the test of the read-model store contract that has to notice. */
export function runOnRows({ noticedBy, mutation }: Mutant<ReadModelMutation>): Promise<ContractRun> {
  return runContract(noticedBy, () =>
    readModelStoreContract(
      {
        name: 'a mutant',
        waitLimitMs: WAIT_LIMIT_MS,
        open: async () => {
          const readModels = mutated(openMemoryStore().readModels, mutation);
          return { readModels, another: async () => readModels, dispose: () => readModels.close() };
        },
      },
      { describe, it },
    ),
  );
}

/** Passes when exactly one test was run and failed, and not through a mistake of the mutant itself. */
export function demandNoticed({ passed, failed }: ContractRun): void {
  expect(passed, 'tests that noticed nothing').to.deep.equal([]);
  expect([...failed.keys()], 'tests that noticed').to.have.length(1);
  for (const message of failed.values()) expect(message).not.to.match(/^(Type|Reference|Syntax)Error/);
}

/** Changes every event on its way out, by whatever door it leaves. */
export function disguising(store: EventStore, disguise: (event: RecordedEvent) => RecordedEvent): EventStore {
  const pages = async function* (
    source: AsyncIterable<readonly RecordedEvent[]>,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    for await (const page of source) yield page.map(disguise);
  };
  return {
    ...delegating(store),
    append: async (append) => (await store.append(append)).map(disguise),
    readStream: (stream, options) => pages(store.readStream(stream, options)),
    readAll: (options) => pages(store.readAll(options)),
  };
}

/** A read model's methods as functions of their own, so that some can be replaced. */
export function methodsOf<Row>(model: ReadModel<Row>): ReadModel<Row> {
  return {
    read: (keys, wait) => model.read(keys, wait),
    query: (query, wait) => model.query(query, wait),
    keys: (query, wait) => model.keys(query, wait),
    count: (query, wait) => model.count(query, wait),
    checkpoint: (wait) => model.checkpoint(wait),
    commit: (change, wait) => model.commit(change, wait),
    ...(model.catchUp !== undefined && { catchUp: model.catchUp.bind(model) }),
    changed: (signal) => model.changed(signal),
    beginRebuild: (wait) => model.beginRebuild(wait),
  };
}

/** The read models of a store, each with the mutation. */
export function mutated(sound: ReadModelStore, mutation: ReadModelMutation): ReadModelStore {
  return {
    async open(definition) {
      const model = await sound.open(definition);
      return { ...methodsOf(model), ...mutation(model) };
    },
    close: () => sound.close(),
  };
}

/** The same pages, each event changed. */
export async function* changed(
  pages: AsyncIterable<readonly RecordedEvent[]>,
  change: (event: RecordedEvent) => RecordedEvent,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  for await (const page of pages) yield page.map(change);
}
