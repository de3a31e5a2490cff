import {
  ProjectionRunner,
  isFault,
  type EventCodec,
  type Position,
  type Projection,
  type Store,
} from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { counterEvents, counterTotals, PARITY, type CounterEvent, type CounterRow } from '../../samples/counter.js';
import { sequentialIds } from '../../sequential-ids.js';
import type { Suite } from '../contract.js';
import { readAll } from '../event-store/reading.js';
import type { StoreUnderTest } from './store-under-test.js';
import { APPLES, CounterWriter, PEARS } from './counters.js';

const PATIENT = { waitMs: 30_000 };

/** The next version of the program knows one event type more. */
const nextEvents: EventCodec<CounterEvent> = {
  encode: (event) => counterEvents.encode(event),
  decode: (event) => counterEvents.decode(event.type === 'CountedAnew' ? { ...event, type: 'Counted' } : event),
  reads: (type) => type === 'CountedAnew' || type === 'Counted',
};

/** The projection of the next version, with its own version number. */
const nextTotals: Projection<CounterEvent, CounterRow> = { ...counterTotals, version: 2, events: nextEvents };

/** What holds while two versions of a program use one store. */
export const versions: Suite<StoreUnderTest> = {
  title: 'an event that a newer program wrote',
  deadlineMs: 60_000,
  guarantees: {
    'makes only its own row unreadable to an older program, with the event’s stream and revision; both programs still write':
      marksOnlyItsOwnRow,
    'is read by the newer program after the rebuild that it starts, where an older one has marked the row as unreadable':
      isReadAfterMark,
    'is listed by the newer program after that rebuild': isListedAfterMark,
    'is read by the newer program next to an older one, and again after a rollback and an upgrade':
      survivesRollbackAndUpgrade,
  },
};

async function marksOnlyItsOwnRow({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const old = await ProjectionRunner.open({ store, projection: counterTotals });
  const nextId = sequentialIds();
  const writer = new CounterWriter(store, nextId);
  await writer.write(APPLES, 1);
  await writer.write(PEARS, 1);
  await writeNewerEvent(store, writer);
  await writer.write(PEARS, 2);
  const atLeast = (await writer.write(APPLES, 3)).at(-1)?.position;
  if (atLeast === undefined) return fail('nothing was recorded');
  const { rows, unreadable } = await old.read([APPLES, PEARS], { ...PATIENT, atLeast });
  demandSame({ what: 'totals', actual: [...rows].map(([key, { total }]) => [key, total]), expected: [[PEARS, 3]] });
  const fault = unreadable.get(APPLES);
  if (!isFault(fault, 'written-by-newer-program'))
    return fail('the row with the newer event is read as if it were whole');
  const { streamId, revision, type } = fault.facts;
  demandSame({
    what: 'place',
    actual: { streamId, revision, type },
    expected: { streamId: APPLES, revision: 1n, type: 'CountedAnew' },
  });
  demandSame({ what: 'state', actual: old.state.is, expected: 'following' });
  await old.close();
}

/** Both versions share the read model: the newer one has more events, but the same rows. */
async function isReadAfterMark({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const writer = new CounterWriter(store);
  const old = await ProjectionRunner.open({ store, projection: counterTotals });
  const newer = await openNewer(await another());
  const atLeast = await markedByOlder(store, { writer, old });
  const rows = await rowsOnceReadable(newer, atLeast);
  demandSame({ what: 'totals', actual: totalsOf(rows), expected: { [APPLES]: 16 } });
  await old.close();
  await newer.close();
}

async function isListedAfterMark({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const old = await ProjectionRunner.open({ store, projection: counterTotals });
  const newer = await openNewer(await another());
  const writer = new CounterWriter(store);
  await writer.write(PEARS, 1);
  const atLeast = await markedByOlder(store, { writer, old });
  await old.close();
  await rowsOnceReadable(newer, atLeast);
  for (const [value, expected] of Object.entries({ even: [APPLES], odd: [PEARS] })) {
    const listed = await newer.keys({ index: PARITY, value }, PATIENT);
    demandSame({ what: `${value} counters`, actual: listed.rows, expected });
  }
  demandSame({ what: 'unreadable', actual: (await newer.unreadable({}, PATIENT)).rows, expected: [] });
  await newer.close();
}

type Runner = ProjectionRunner<CounterEvent, CounterRow>;

function openNewer(store: Store): Promise<Runner> {
  return ProjectionRunner.open({ store, projection: { ...counterTotals, events: nextEvents } });
}

/** Records 1, 10 in the newer program's event, and 5 apples; the older program marks the row as unreadable. */
async function markedByOlder(
  store: Store,
  { writer, old }: { readonly writer: CounterWriter; readonly old: Runner },
): Promise<Position> {
  await writer.write(APPLES, 1);
  await writeNewerEvent(store, writer);
  const atLeast = (await writer.write(APPLES, 5)).at(-1)?.position;
  if (atLeast === undefined) return fail('nothing was recorded');
  const { unreadable } = await old.read([APPLES], { ...PATIENT, atLeast });
  demandSame({ what: 'unreadable to the older program', actual: [...unreadable.keys()], expected: [APPLES] });
  return atLeast;
}

async function rowsOnceReadable(newer: Runner, atLeast: Position): Promise<ReadonlyMap<string, CounterRow>> {
  for (;;) {
    const { rows, unreadable } = await newer.read([APPLES], { ...PATIENT, atLeast });
    if (unreadable.size === 0) return rows;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function survivesRollbackAndUpgrade({ open }: StoreUnderTest): Promise<void> {
  const { store, another, reopen } = await open();
  const nextId = sequentialIds();
  const [old, next] = [store, await another()];
  const writer = new CounterWriter(old, nextId);
  const newer = await ProjectionRunner.open({ store: next, projection: nextTotals });
  await writer.write(APPLES, 1);
  await writeNewerEvent(next, new CounterWriter(next, nextId));
  const atLeast = (await writer.write(PEARS, 5)).at(-1)?.position;
  if (atLeast === undefined) return fail('nothing was recorded');
  const nextToOlder = await newer.read([APPLES, PEARS], { ...PATIENT, atLeast });
  demandSame({ what: 'totals', actual: totalsOf(nextToOlder.rows), expected: { [APPLES]: 11, [PEARS]: 5 } });
  await newer.close();
  const back = await ProjectionRunner.open({ store: await reopen([]), projection: counterTotals });
  const { rows, unreadable } = await back.read([APPLES, PEARS], PATIENT);
  demandSame({ what: 'totals', actual: totalsOf(rows), expected: { [PEARS]: 5 } });
  demandSame({ what: 'unreadable', actual: [...unreadable.keys()], expected: [APPLES] });
  await back.close();
  const forward = await reopen([]);
  const again = await ProjectionRunner.open({ store: forward, projection: nextTotals });
  const found = await again.read([APPLES, PEARS], PATIENT);
  demandSame({ what: 'totals', actual: totalsOf(found.rows), expected: { [APPLES]: 11, [PEARS]: 5 } });
  demandSame({ what: 'number of events', actual: (await readAll(forward.eventStore)).length, expected: 3 });
  await again.close();
}

/** Counts ten apples in the next version's event. */
async function writeNewerEvent(store: Store, writer: CounterWriter): Promise<void> {
  const event = { ...writer.newEvent(10), type: 'CountedAnew' };
  await store.eventStore.append({ streamId: APPLES, expected: 'any', events: [event] });
}

function totalsOf(rows: ReadonlyMap<string, CounterRow>): Readonly<Record<string, number>> {
  return Object.fromEntries([...rows].map(([key, { total }]) => [key, total]));
}
