import {
  eventTypeFilter,
  jsonEvent,
  streamNameFilter,
  BACKWARDS,
  END,
  START as FIRST,
  type EventStoreDBClient,
} from '@eventstore/db-client';
import { ProjectionRunner, streamId, type EventStore, type Position, type Store } from '@login-policy/event-sourcing';
import { counterTotals } from '@login-policy/testkit';
import { appendOf } from '../events.js';

/** The same piece of work by the raw client and by our store; each answers how many events it did. */
export interface Work {
  readonly name: string;
  readonly goal: number;
  readonly raw: (client: EventStoreDBClient) => Promise<number>;
  readonly ours: (store: EventStore, whole: Store) => Promise<number>;
}

const IN_TURN = 2000;
const AT_ONCE = 6400;
const LANES = 32;
const LIVE = 10_000;
const FRESH = 2000;
let round = 0;

const rawEvent = () => jsonEvent({ type: 'Counted', data: { by: 1 }, metadata: { actor: 'tester' } });

async function inLanes(total: number, append: (lane: number) => Promise<unknown>): Promise<number> {
  const run = async (lane: number): Promise<void> => {
    for (let count = 0; count < total / LANES; count++) await append(lane);
  };
  await Promise.all(Array.from({ length: LANES }, (_, lane) => run(lane)));
  return total;
}

/** One append after another on one stream, each at the revision the one before it left. */
export const inTurn: Work = {
  name: 'one append after another',
  goal: 0.9,
  async raw(client) {
    const name = `Raw-turn${round++}`;
    await client.appendToStream(name, rawEvent(), { expectedRevision: 'no_stream' });
    for (let at = 0; at < IN_TURN - 1; at++)
      await client.appendToStream(name, rawEvent(), { expectedRevision: BigInt(at) });
    return IN_TURN;
  },
  async ours(store) {
    const id = streamId('Ours', `turn${round++}`);
    for (let count = 0; count < IN_TURN; count++) await store.append(appendOf(id, 1));
    return IN_TURN;
  },
};

/** 32 writers side by side, each on a stream of its own. */
export const atOnce: Work = {
  name: '32 appends at a time',
  goal: 0.9,
  raw(client) {
    const mine = round++;
    return inLanes(AT_ONCE, (lane) =>
      client.appendToStream(`Raw-${mine}x${lane}`, rawEvent(), { expectedRevision: 'any' }),
    );
  },
  ours(store) {
    const mine = round++;
    return inLanes(AT_ONCE, (lane) => store.append(appendOf(streamId('Ours', `${mine}x${lane}`), 1)));
  },
};

/** Everything of one kind from the first event on, as a rebuild reads it. */
export function readLog(events: number): Work {
  return {
    name: `a rebuild's read of ${events.toLocaleString('en')} events`,
    goal: 0.7,
    raw: (client) => rawSubscription(client, events),
    async ours(store) {
      let count = 0;
      for await (const page of store.readAll({ filter: { categories: ['Log'] } })) count += page.length;
      return count;
    },
  };
}

/**
 * The raw client's `readAll` drops filters, so what it has for this is a filtered subscription, left when it has all.
 */
async function rawSubscription(client: EventStoreDBClient, events: number): Promise<number> {
  const filter = streamNameFilter({ prefixes: ['Log-'] });
  const subscription = client.subscribeToAll({ fromPosition: FIRST, filter });
  let count = 0;
  for await (const { event } of subscription) {
    if (event !== undefined) count++;
    if (count === events) break;
  }
  await subscription.unsubscribe();
  return count;
}

/** A subscription that keeps up with events that are being written. */
export const follow: Work = {
  name: `following ${LIVE.toLocaleString('en')} live events`,
  goal: 0.7,
  async raw(client) {
    const type = `Live${round++}`;
    const subscription = client.subscribeToAll({ fromPosition: 'end', filter: eventTypeFilter({ prefixes: [type] }) });
    await new Promise((resolve) => subscription.once('confirmation', resolve));
    const writing = writeLive(client, type);
    let count = 0;
    for await (const { event } of subscription) {
      if (event !== undefined) count++;
      if (count === LIVE) break;
    }
    await writing;
    await subscription.unsubscribe();
    return count;
  },
  async ours(store) {
    const category = `Live${round++}`;
    const after: Position = await store.head();
    const writing = inLanes(LIVE - (LIVE % LANES), (lane) => store.append(appendOf(streamId(category, `${lane}`), 1)));
    let count = 0;
    for await (const message of store.subscribe({ after, filter: { categories: [category] } })) {
      if (message.kind === 'events') count += message.events.length;
      if (count >= LIVE - (LIVE % LANES)) break;
    }
    await writing;
    return count;
  },
};

/** A read of followed rows that may not be old at all, beside one question of the raw client. */
export const freshRead: Work = {
  name: 'one read with `maxAgeMs: 0` after another, beside a look at the end',
  goal: 0.3,
  async raw(client) {
    for (let count = 0; count < FRESH; count++) {
      for await (const found of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })) void found;
    }
    return FRESH;
  },
  async ours(_, store) {
    const follower = await ProjectionRunner.open({
      store,
      projection: { ...counterTotals, name: `fresh${round++}` },
      maxAgeMs: 0,
    });
    await follower.ready({ waitMs: 60_000 });
    for (let count = 0; count < FRESH; count++) await follower.read([]);
    await follower.close();
    return FRESH;
  },
};

function writeLive(client: EventStoreDBClient, type: string): Promise<number> {
  const event = () => jsonEvent({ type, data: { by: 1 }, metadata: { actor: 'tester' } });
  return inLanes(LIVE, (lane) => client.appendToStream(`${type}x-${lane}`, event(), { expectedRevision: 'any' }));
}
