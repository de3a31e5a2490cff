import {
  type Position,
  ProjectionRunner,
  START,
  type Store,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import {
  COUNTER_CATEGORY,
  countersInOrder,
  counterTotals,
  type CounterEvent,
  type CounterRow,
} from '../../samples/counter.js';
import { sequentialIds } from '../../sequential-ids.js';
import type { Suite } from '../contract.js';
import { ofAnotherHistory } from '../event-store/lost-histories.js';
import { yieldToLoop } from '../waiting.js';
import { refusal } from '../refusals.js';
import type { StoreUnderTest } from './store-under-test.js';
import { CounterWriter, demandRowsMatchLog } from './counters.js';

/** More events than a runner reduces in one step while writers wait. */
const FAR_BEHIND = 1500;

type Counters = ProjectionRunner<CounterEvent, CounterRow>;

const ROUNDS = 30;
const FIVE = [1, 1, 1, 1, 1];
const PATIENT = { waitMs: 30_000 };

/** What holds when the same storage is opened several times at once, with default options. */
export const openings: Suite<StoreUnderTest> = {
  title: 'a store that is opened three times',
  deadlineMs: 120_000,
  guarantees: {
    'keeps correct rows and shows only whole appends under load, during rebuilds, closings and reopenings':
      staysCorrectUnderLoad,
    'is read correctly through each handle, regardless of which one wrote': readsOthersWrites,
    'is rebuilt during appends, and reduces each event once': rebuildsWhileWritten,
    'answers reads of a new read model only after all existing events are in it': answersAfterInitialBuild,
    'refuses a read that requires a position of a lost history (V3)': refusesLostHistories,
  },
};

async function staysCorrectUnderLoad({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const stores = [store, await another(), await another()];
  const runners = await Promise.all(stores.map((each) => openRunner(each)));
  const nextId = sequentialIds();
  const writing = { isDone: false };
  const writers = stores.map((each, opening) => writeStreams(new CounterWriter(each, nextId), opening));
  const disturbing = disturb(stores, runners, writing);
  const reading = runners.map((runner) => readWhileWriting(runner, writing));
  await Promise.all(writers).finally(() => (writing.isDone = true));
  await Promise.all([disturbing, ...reading]);
  const atLeast = await store.eventStore.head();
  for (const runner of runners) {
    await runner.ready({ ...PATIENT, atLeast });
    demandSame({ what: 'state', actual: runner.state.is, expected: 'following' });
  }
  await demandRowsMatchLog(store, countersInOrder);
  const { rows } = await firstOf(runners).read(keysOf(0), PATIENT);
  demandSame({ what: 'streams', actual: rows.size, expected: ROUNDS });
  await closeAll(runners);
}

async function readsOthersWrites({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const stores = [store, await another(), await another()];
  const runners = await Promise.all(stores.map((each) => openRunner(each)));
  const nextId = sequentialIds();
  for (let round = 1; round <= 12; round++) {
    const writer = new CounterWriter(stores[round % 3] ?? store, nextId);
    const atLeast = (await writer.write(streamOf(0, 0), ...FIVE)).at(-1)?.position;
    if (atLeast === undefined) return fail('nothing was recorded');
    for (const runner of runners) await demandTotal(runner, round * 5, atLeast);
  }
  await closeAll(runners);
}

async function refusesLostHistories({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const runner = await openRunner(store);
  const written = await new CounterWriter(store).write(streamOf(0, 0), ...FIVE);
  const head = written.at(-1)?.position ?? fail('nothing was recorded');
  await demandTotal(runner, 5, head);
  for (const { position } of written) {
    const atLeast = ofAnotherHistory(position);
    const fault = await refusal(runner.read(keysOf(0), { ...PATIENT, atLeast }), 'position-unknown');
    demandSame({ what: 'position', actual: fault.facts.position, expected: atLeast });
    await runner.read(keysOf(0), { ...PATIENT, atLeast: position });
  }
  await closeAll([runner]);
}

async function rebuildsWhileWritten({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const runner = await ProjectionRunner.open({ store, projection: counterTotals });
  const writer = new CounterWriter(store);
  const stream = streamOf(0, 0);
  const hundred = Array.from({ length: 100 }, () => 1);
  // More events than a page of a rebuild.
  for (let round = 0; round < 12; round++) await writer.write(stream, ...hundred);
  for (let rebuilt = 1; rebuilt <= 3; rebuilt++) {
    const rebuild = { isDone: false };
    const rebuilding = runner.rebuild().finally(() => (rebuild.isDone = true));
    while (!rebuild.isDone) {
      await writer.write(stream, 1);
      await yieldToLoop();
    }
    await rebuilding;
    if ((await store.eventStore.head()) === START) fail('nothing was recorded');
    await runner.ready({ ...PATIENT, atLeast: await store.eventStore.head() });
    await demandRowsMatchLog(store, counterTotals);
  }
  await runner.close();
}

async function answersAfterInitialBuild({ open }: StoreUnderTest): Promise<void> {
  const { store, reopen } = await open();
  const writer = new CounterWriter(store);
  const streams = Array.from({ length: FAR_BEHIND }, (_, index) => streamOf(0, index));
  for (let done = 0; done < streams.length; done += 100) {
    await Promise.all(streams.slice(done, done + 100).map((stream) => writer.write(stream, 1)));
  }
  const reopened = await reopen([]);
  const runner = await openRunner(reopened);
  const late = streams.at(-1) ?? streamOf(0, 0);
  const answers = [late, ...streams.slice(0, 5)].map((stream) => runner.read([stream], PATIENT));
  for (const { rows } of await Promise.all(answers)) {
    demandSame({ what: 'totals', actual: [...rows.values()].map(({ total }) => total), expected: [1] });
  }
  await runner.close();
}

/** New streams all the time: each gets an append of five events, then another. */
async function writeStreams(writer: CounterWriter, opening: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await writer.write(streamOf(opening, round), ...FIVE);
    await writer.write(streamOf(opening, round), ...FIVE);
    await yieldToLoop();
  }
}

/** Rebuilds, catches up, closes and opens runners while there are writers. */
async function disturb(stores: readonly Store[], runners: Counters[], writing: { isDone: boolean }): Promise<void> {
  for (let round = 0; !writing.isDone; round++) {
    const store = stores[round % stores.length];
    if (store === undefined) return;
    const extra = await openRunner(store);
    // A concurrent rebuild may supersede this one, which is fine.
    await Promise.all([extra.catchUp(), firstOf(runners).rebuild().catch(demandSuperseded)]);
    await extra.close();
    await yieldToLoop();
  }
}

async function readWhileWriting(runner: Counters, writing: { isDone: boolean }): Promise<void> {
  while (!writing.isDone) {
    const { rows } = await runner.read([...keysOf(0), ...keysOf(1), ...keysOf(2)], PATIENT);
    for (const [key, { total }] of rows) if (total % 5 !== 0) fail(`${key} was seen at ${total}, counted by fives`);
    await yieldToLoop();
  }
}

async function demandTotal(runner: Counters, expected: number, atLeast: Position): Promise<void> {
  const { rows } = await runner.read([streamOf(0, 0)], { ...PATIENT, atLeast });
  demandSame({ what: 'total', actual: rows.get(streamOf(0, 0))?.total, expected });
}

function demandSuperseded(caught: unknown): void {
  const code = caught instanceof Error && 'code' in caught ? caught.code : undefined;
  if (code !== 'rebuild-superseded') throw caught;
}

function openRunner(store: Store): Promise<Counters> {
  return ProjectionRunner.open({ store, projection: countersInOrder });
}

function firstOf([first]: readonly Counters[]): Counters {
  return first ?? fail('there is no runner');
}

async function closeAll(runners: readonly Counters[]): Promise<void> {
  await Promise.all(runners.map((runner) => runner.close()));
}

function streamOf(opening: number, round: number): StreamId {
  return streamId(COUNTER_CATEGORY, `${opening}-${round}`);
}

function keysOf(opening: number): readonly string[] {
  return Array.from({ length: ROUNDS }, (_, round) => streamOf(opening, round));
}
