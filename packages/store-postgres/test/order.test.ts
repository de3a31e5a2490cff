import { START, type Position } from '@login-policy/event-sourcing';
import type { PostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { PoolClient } from 'pg';
import { FUNCTIONS } from './functions.js';
import { isTurnWaitedFor } from './locks.js';
import { allEvents, appendTo } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

/** What a reader came to know who reads on from the last position he saw, as a projection does. */
class Reader {
  readonly seen: string[] = [];
  #after: Position = START;
  readonly #store: PostgresStore;

  constructor(store: PostgresStore) {
    this.#store = store;
  }

  async readOn(): Promise<void> {
    for await (const page of this.#store.eventStore.readAll({ after: this.#after })) {
      for (const { streamId, position } of page) {
        this.seen.push(streamId);
        this.#after = position;
      }
    }
  }
}

/**
 * The races that made other stores skip events: an open transaction that has drawn its position, and what others do
 * then.
 */
const RACES: Readonly<Record<string, (race: Race) => Promise<void>>> = {
  'an early transaction id, committed late': async ({ early, another, commit }) => {
    await early.query('SELECT pg_current_xact_id()');
    await early.append('early');
    await another('late');
    await commit();
  },
  'a late commit after many others': async ({ early, another, commit }) => {
    await early.append('early');
    for (const name of ['one', 'two', 'three']) await another(name);
    await commit();
  },
  'a gap that a rollback left beside a transaction that is still open': async ({
    early,
    another,
    commit,
    rolledBack,
  }) => {
    await rolledBack('gone');
    await early.append('early');
    await another('late');
    await commit();
  },
  'a writer who idles in his transaction': async ({ early, another, commit }) => {
    await early.append('early');
    await early.query('SELECT 1');
    await another('late');
    await commit();
  },
};

interface Race {
  readonly early: { append(name: string): Promise<void>; query(text: string): Promise<void> };
  /** Appends through another connection, lets the reader read on when it is done or waits for its turn. */
  another(name: string): Promise<void>;
  commit(): Promise<void>;
  rolledBack(name: string): Promise<void>;
}

async function run(storage: Storage, race: (race: Race) => Promise<void>): Promise<readonly string[]> {
  const [store, other] = [await storage.open(), await storage.open()];
  const reader = new Reader(other);
  const client = await storage.pool.connect();
  const waiting: Promise<unknown>[] = [];
  try {
    await client.query('BEGIN');
    await race({
      early: {
        append: async (name) => void (await store.within(client).eventStore.append(appendTo(name))),
        query: async (text) => void (await client.query(text)),
      },
      another: async (name) => {
        let isDone = false;
        const append = other.eventStore.append(appendTo(name)).finally(() => (isDone = true));
        waiting.push(append);
        await eventually(
          'an append that waits or is done',
          async () => isDone || (await isTurnWaitedFor(storage.pool, storage.schema)),
        );
        await reader.readOn();
      },
      commit: async () => void (await client.query('COMMIT')),
      rolledBack: (name) => rollBack(storage, store, name),
    });
    await Promise.all(waiting);
    await reader.readOn();
  } finally {
    client.release(true);
  }
  const all = (await allEvents(store.eventStore)).map(({ streamId }) => streamId);
  expect(reader.seen.toSorted()).to.have.length.at.most(all.length);
  return all.filter((stream) => !reader.seen.includes(stream));
}

async function rollBack({ pool }: Storage, store: PostgresStore, name: string): Promise<void> {
  const client: PoolClient = await pool.connect();
  await client.query('BEGIN');
  await store.within(client).eventStore.append(appendTo(name));
  await client.query('ROLLBACK');
  client.release();
}

/**
 * The same functions as other stores have them: no lock, and positions from a sequence, drawn when the event is written
 * and not when it becomes visible.
 */
async function takeLockOut({ pool, schema }: Storage): Promise<void> {
  await pool.query(`CREATE SEQUENCE "${schema}".drawn`);
  const drawn = `(nextval('"${schema}".drawn') - 1)::text`;
  await change(pool, `"${schema}".${FUNCTIONS.lookUp}`, (source) =>
    source.replace(/PERFORM pg_advisory_xact_lock\([^;]*;/, '').replace('coalesce(head.position, 0)::text', drawn),
  );
  await change(pool, `"${schema}".${FUNCTIONS.append}`, (source) =>
    source
      .replace(/NOT pg_try_advisory_xact_lock\([^;]*? THEN/, 'false THEN')
      .replace(/WHERE expected_head = /, 'WHERE true OR expected_head = '),
  );
}

async function change(pool: Storage['pool'], name: string, changed: (source: string) => string): Promise<void> {
  const { rows } = await pool.query<{ source: string }>(`SELECT pg_get_functiondef(to_regproc($1)) AS source`, [name]);
  const source = rows[0]?.source ?? '';
  expect(changed(source)).to.not.equal(source);
  await pool.query(changed(source));
}

describe('a reader that continues while others write to PostgreSQL', () => {
  for (const [title, race] of Object.entries(RACES)) {
    it(`misses nothing: ${title}`, () =>
      onStorage(freshStorage(), async (storage) => {
        await storage.open();
        expect(await run(storage, race)).to.deep.equal([]);
      }));

    it(`would miss an event without the lock: ${title}`, () =>
      onStorage(freshStorage(), async (storage) => {
        await storage.open();
        await takeLockOut(storage);
        expect(await run(storage, race)).to.deep.equal(['Counter-early']);
      }));
  }
});
