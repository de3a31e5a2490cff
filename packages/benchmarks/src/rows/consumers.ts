import { setTimeout as pause } from 'node:timers/promises';
import { monotonicIds, streamId, type Consumer, type Position, type Store } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { Pool } from 'pg';
import { ratePerSecond } from '../harness/meter.js';
import type { Figure, Row } from '../harness/row.js';
import { randomNumbers } from '../workload/histories.js';
import type { StoreKind } from '../workload/kinds.js';

/** The pause between two polls of a store for changes of other processes. */
const POLL_MS = 100;

const nextId = monotonicIds();

async function append(store: Store, count: number): Promise<Position> {
  const events = Array.from({ length: count }, () => ({
    id: nextId(),
    type: 'Consumed',
    schemaVersion: 1,
    data: { number: 1 },
    metadata: { actor: 'bench', correlationId: 'bench' },
  }));
  const recorded = await store.eventStore.append({ streamId: streamId('Bench', 'a'), expected: 'any', events });
  const last = recorded.at(-1);
  if (last === undefined) throw new Error('nothing was recorded');
  return last.position;
}

async function untilReached(consumer: Consumer, position: Position): Promise<void> {
  while (consumer.status().position !== position) await pause(1);
}

async function untilCaughtUp(consumer: Consumer): Promise<void> {
  while (consumer.status().lag !== 0) await pause(1);
}

/**
 * The time from the answer to an append to the consumer's handler: nine in ten appends are heard by then. Each append
 * comes at a random time between two polls.
 */
export function consumedSoon(
  kind: StoreKind,
  { from, figure }: { from: 'one store' | 'another'; figure: number },
): Row {
  return {
    name: `consumed-soon-${kind.name}`,
    work: `from the commit of an event to the handler of a consumer on ${from}, nine in ten of 200, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure },
    contenders: async (conditions) => [
      {
        name: 'ours',
        method: 'store.consume, its handler called once an append',
        measure: async (): Promise<Figure> => {
          const location = await kind.freshLocation(conditions);
          const [writing, reading] = [await kind.openOurs(location), await kind.openOurs(location)];
          const { store } = from === 'one store' ? writing : reading;
          const figures = await delaysOf(writing.store, store, conditions.isQuick ? 5 : 200);
          await Promise.all([writing.close(), reading.close()]);
          return { byClock: ninthDecile(figures) };
        },
      },
    ],
  };
}

function ninthDecile(figures: readonly number[]): number {
  const sorted = figures.toSorted((left, right) => left - right);
  return sorted[Math.ceil(sorted.length * 0.9) - 1] ?? Number.NaN;
}

async function delaysOf(writing: Store, reading: Store, count: number): Promise<readonly number[]> {
  const handledAt = new Map<Position, number>();
  const consumer = reading.consume({
    name: 'soon',
    handle: (_, { position }) => void handledAt.set(position, performance.now()),
  });
  await untilCaughtUp(consumer);
  const figures: number[] = [];
  const nextNumber = randomNumbers(20_261_203);
  for (let done = 0; done < count; done++) {
    await pause(nextNumber(POLL_MS));
    const position = await append(writing, 1);
    const committedAt = performance.now();
    await untilReached(consumer, position);
    figures.push(Math.max(0, (handledAt.get(position) ?? Infinity) - committedAt));
  }
  return figures;
}

/** How fast a consumer handles a backlog. */
export function consumedBacklog(kind: StoreKind, figure: number): Row {
  return {
    name: `consumed-backlog-${kind.name}`,
    work: `a backlog handled by a consumer that does nothing, ${kind.title}`,
    unit: 'events/s',
    warmUps: 1,
    target: { bound: 'at least', figure },
    contenders: async (conditions) => {
      const location = await kind.freshLocation(conditions);
      const { store, close } = await kind.openOurs(location);
      const count = conditions.isQuick ? 500 : 50_000;
      for (let written = 0; written < count; written += 50) await append(store, 50);
      const head = await store.eventStore.head();
      await close();
      let runs = 0;
      const measure = async (): Promise<Figure> => {
        const opened = await kind.openOurs(location);
        runs += 1;
        const name = `backlog ${runs}`;
        let handled = 0;
        const handle = (events: readonly unknown[]): void => void (handled += events.length);
        const figures = await ratePerSecond(count, () => untilReached(opened.store.consume({ name, handle }), head));
        await opened.close();
        if (handled !== count) throw new Error(`${handled} events were handled, of ${count}`);
        return figures;
      };
      return [{ name: 'ours', method: `store.consume of ${count} events, in appends of 50`, measure }];
    },
  };
}

/** The cost of idle consumers. */
export function idleConsumers(kind: StoreKind, figure: number): Row {
  return {
    name: `idle-consumers-${kind.name}`,
    work: `statements a second of 100 consumers that have nothing to do, ${kind.title}`,
    unit: 'statements a second',
    warmUps: 0,
    target: { bound: 'at most', figure },
    contenders: async (conditions) => [
      {
        name: 'ours',
        method: 'store.consume a hundred times on one store, counted at the driver',
        measure: async () =>
          statementsWhenIdle(await kind.freshLocation(conditions), conditions.isQuick ? 200 : 10_000),
      },
    ],
  };
}

async function statementsWhenIdle(connectionString: string, forMs: number): Promise<Figure> {
  const pool = new Pool({ connectionString });
  let statements = 0;
  pool.on('connect', (client) => {
    const query = client.query.bind(client);
    const counted = (...args: readonly unknown[]): unknown => {
      statements += 1;
      return Reflect.apply(query, client, args);
    };
    Object.assign(client, { query: counted });
  });
  const store = await openPostgresStore({ pool });
  await append(store, 1);
  const consumers = Array.from({ length: 100 }, (_, number) =>
    store.consume({ name: `idle ${number}`, handle: () => undefined }),
  );
  for (const consumer of consumers) await untilCaughtUp(consumer);
  // The first poll has none before it to compare with, so each consumer reads once more.
  await pause(10 * POLL_MS);
  statements = 0;
  await pause(forMs);
  const figure = { byClock: (statements * 1000) / forMs };
  await store.close();
  await pool.end();
  return figure;
}
