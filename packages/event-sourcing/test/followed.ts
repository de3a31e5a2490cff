import {
  CommandHandler,
  type EventStore,
  isFault,
  openMemoryStore,
  type Projection,
  ProjectionRunner,
  type Store,
  type StreamId,
} from '@login-policy/event-sourcing';
import { delegating, memoryReadModelStore, ordinalOf, type ReadModel } from '@login-policy/event-sourcing/store';
import type { RunnerOptions } from '#insides';
import { tallies, tally, tallyEvents, type TallyEvent } from './tally.js';

/** A store whose rows are somewhere else than its events, as beside EventStoreDB; some of its methods replaced. */
export function followedStore(instead: (sound: EventStore) => Partial<EventStore> = () => ({})): Store {
  const { eventStore: sound, ...store } = openMemoryStore();
  const eventStore = delegating(sound, instead(sound));
  return { ...store, eventStore, readModels: memoryReadModelStore(), readModelUpdates: 'followed' };
}

/** Nothing ever comes; the iteration ends when its signal fires, as the port says. */
export const silent = (): Partial<EventStore> => ({
  subscribe: (options) => ({
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((resolve) => {
          options?.signal?.addEventListener('abort', () => resolve({ done: true, value: undefined }));
        }),
    }),
  }),
});

/** A store with one event of a stream, which gets its second right after it is asked for its head. */
export async function growingStore(id: StreamId): Promise<Store> {
  const store = followedStore((sound) => ({
    async head() {
      const head = await sound.head();
      if (ordinalOf(head) < 2n) await raise(store, id, 1);
      return head;
    },
  }));
  await raise(store, id, 1);
  return store;
}

/** A runner that does only what it is told to, and the rows that it keeps. */
export interface ToldRunner<Row> {
  readonly runner: ProjectionRunner<TallyEvent, Row>;
  readonly model: ReadModel<Row>;
}

export async function toldRunner(
  store: RunnerOptions<TallyEvent, number>['store'],
  options: { readonly projection?: Projection<TallyEvent, number>; readonly pageSize?: number } = {},
): Promise<ToldRunner<number>> {
  const { projection = tallies() } = options;
  const runner = await ProjectionRunner.open({ store, projection, ...options, follows: 'on-demand' });
  return { runner, model: await store.readModels.open(projection) };
}

/** Followers of the tests of one file, closed together. */
export class Followers {
  readonly #opened: ProjectionRunner<TallyEvent, number>[] = [];

  async open(
    store: Store,
    options: { readonly projection?: Projection<TallyEvent, number>; readonly maxAgeMs?: number } = {},
  ): Promise<ProjectionRunner<TallyEvent, number>> {
    const { projection = tallies(), maxAgeMs } = options;
    const follower = await ProjectionRunner.open({ store, projection, maxAgeMs });
    this.#opened.push(follower);
    return follower;
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((follower) => follower.close()));
  }
}

/** One command for each amount. */
export async function raise(store: Store, id: StreamId, ...amounts: readonly number[]): Promise<void> {
  const handler = new CommandHandler({ eventStore: store.eventStore, decider: tally, events: tallyEvents });
  for (const amount of amounts) await handler.handle(id, { type: 'raise', by: amount }, { actor: 'tester' });
}

/** What a follower answers under a key. */
export async function valueOf(
  follower: ProjectionRunner<TallyEvent, number>,
  key: string,
): Promise<number | undefined> {
  return (await follower.read([key])).rows.get(key);
}

/** What a promise was rejected with; `undefined` when it was not. */
export function faultOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
}

/** The code of the fault a promise was rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const fault = await faultOf(promise);
  return isFault(fault) ? fault.code : String(fault);
}

/** Waits for something that will be so, and fails the test by its own time-out if it never is. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}
