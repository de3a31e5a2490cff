import {
  CommandHandler,
  eventCodec,
  ProjectionRunner,
  isFault,
  type EventCodec,
  type Handled,
  type Store,
  type StreamId,
} from '@login-policy/event-sourcing';
import { demandSame } from '../../demand.js';
import {
  counter,
  counterEvents,
  counterTotals,
  type CounterCommand,
  type CounterEvent,
  type CounterRejection,
  type CounterState,
} from '../../samples/counter.js';
import { readAll } from '../event-store/reading.js';
import type { StoreUnderTest } from '../store-contract.js';
import { APPLES, PEARS } from './counters.js';

/** The next version of the program: it counts by ten and more, in an event that the previous version can't read. */
const nextEvents: EventCodec<CounterEvent> = eventCodec<CounterEvent>({
  Counted: {
    upcasters: [(data) => data],
    downcasters: [(data) => (Number(data['by']) < 10 ? data : undefined)],
    newFrom: 2,
    write: ({ by }) => ({ by }),
    read: (data) => ({ by: Number(data['by']) }),
  },
  CounterRemoved: { upcasters: [], write: ({ at }) => ({ at }), read: (data) => ({ at: Number(data['at']) }) },
});

/**
 * Upgrade: all processes run the next version before any writes what only it can read. Rollback: all stop writing it
 * before a process of the old version runs again. Meanwhile all write what both can read.
 */
export async function changesShapeInTwoSteps({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const old = program(store, counterEvents);
  const careful = program(await another(), nextEvents, 'not-yet');
  await demandTotal(old.count(APPLES, 1), 1);
  await demandRefused(store, careful);
  await demandTotal(careful.count(APPLES, 9), 10);
  await demandTotal(old.count(APPLES, 2), 12);

  const next = program(await another(), nextEvents);
  await demandTotal(next.count(APPLES, 10), 22);
  await demandTotal(next.count(PEARS, 3), 3);

  await demandRefused(store, careful);
  await demandTotal(careful.count(APPLES, 1), 23);
  await demandRow(await another(), nextEvents, 23);

  await demandTotal(old.count(PEARS, 4), 7);
  const caught = await old.count(APPLES, 1).catch((fault: unknown) => fault);
  demandSame({ what: 'newer event', actual: isFault(caught, 'written-by-newer-program'), expected: true });
}

type Answer = Handled<CounterEvent, CounterState, CounterRejection>;

interface Program {
  readonly count: (stream: StreamId, by: number) => Promise<Answer>;
  readonly dryRun: (stream: StreamId, by: number) => Promise<Pick<Answer, 'outcome'>>;
}

function program(
  { eventStore }: Store,
  events: EventCodec<CounterEvent>,
  newShapes: 'allowed' | 'not-yet' = 'allowed',
): Program {
  const handler = new CommandHandler({ eventStore, decider: counter, events, newShapes });
  const counting = (by: number): CounterCommand => ({ type: 'Count', data: { by } });
  return {
    count: (stream, by) => handler.handle(stream, counting(by), { actor: 'tester' }),
    dryRun: (stream, by) => handler.dryRun(stream, counting(by)),
  };
}

/** Commands and dry runs that need the next version's event are refused by name, and nothing is written. */
async function demandRefused({ eventStore }: Store, { count, dryRun }: Program): Promise<void> {
  const before = await readAll(eventStore);
  const rejection = { reason: 'shape-not-yet-allowed', type: 'Counted', schemaVersion: 2 };
  for (const answer of [await count(APPLES, 10), await dryRun(APPLES, 10)]) {
    demandSame({ what: 'rejection', actual: 'rejection' in answer ? answer.rejection : answer, expected: rejection });
  }
  demandSame({ what: 'events', actual: await readAll(eventStore), expected: before });
}

async function demandTotal(answering: Promise<Answer>, expected: number): Promise<void> {
  const answer = await answering;
  demandSame({ what: 'outcome', actual: answer.outcome, expected: 'accepted' });
  demandSame({ what: 'total', actual: answer.state?.total, expected });
}

/** Checks that the read model contains the events of the next version. */
async function demandRow(store: Store, events: EventCodec<CounterEvent>, expected: number): Promise<void> {
  const runner = await ProjectionRunner.open({ store, projection: { ...counterTotals, version: 2, events } });
  const { rows } = await runner.read([APPLES], { waitMs: 30_000 });
  demandSame({ what: 'total in the row', actual: rows.get(APPLES)?.total, expected });
  await runner.close();
}
