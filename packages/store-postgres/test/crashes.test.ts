import { isFault } from '@login-policy/event-sourcing';

import { openPostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { after, before, describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl } from './database.js';
import { EmbeddedServer } from './embedded-server.js';
import { callOf } from './functions.js';
import { Worker } from './processes.js';
import { counted, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { keeping, onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

/** How often each is killed; `npm run proofs` says more. */
const ROUNDS = Number(process.env['PROOF_ROUNDS'] ?? 3);
const WRITERS = 8;

const freshStorage = storages();

describe('a process that is killed while it writes to PostgreSQL', () => {
  it(`loses no acknowledged append and writes none twice, ${ROUNDS} times`, async () => {
    await onStorage(freshStorage(), async (storage) => {
      const store = await storage.open({ models: [counterTotals] });
      const said: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const task = { url: await databaseUrl(), schema: storage.schema, name: `writer-${round}`, count: 0 };
        const worker = new Worker('writing-process', task);
        await worker.untilSaid(50 + 37 * (round % 7));
        worker.kill();
        await worker.ended;
        said.push(...worker.said);
      }
      await eventually(
        'the end of all that was under way',
        async () => (await storage.pool.query(BUSY)).rowCount === 0,
      );
      await demandSound(store, { begun: idsOf(said, 'begun'), acknowledged: idsOf(said, 'done') });
    });
  });
});

describe('a PostgreSQL server that is killed during writes', () => {
  let server: EmbeddedServer | undefined;
  before(async () => {
    server = await EmbeddedServer.start();
  });
  after(() => server?.kill());

  it(`has each acknowledged append once, and a read model that matches the log, ${ROUNDS} times`, async () => {
    if (server === undefined) throw new Error('there is no server');
    const pool = new Pool({ connectionString: server.url });
    const store = await keeping(await openPostgresStore({ pool }), [counterTotals]);
    const [begun, acknowledged, refused] = [new Set<string>(), new Set<string>(), new Set<string>()];
    const ending = new AbortController();
    const write = async (writer: number): Promise<void> => {
      while (!ending.signal.aborted) {
        const event = counted();
        begun.add(event.id);
        try {
          const append = { streamId: counterStream(`w-${writer}`), expected: 'any', events: [event] } as const;
          await store.eventStore.append(append);
          acknowledged.add(event.id);
        } catch (caught) {
          if (isFault(caught, 'store-unavailable')) refused.add(event.id);
          else if (!isFault(caught, 'outcome-unknown')) throw caught;
        }
      }
    };
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    for (let round = 0; round < ROUNDS; round++) {
      const { size } = acknowledged;
      await eventually('more appends', async () => acknowledged.size > size + 50 + 37 * (round % 7));
      await server.kill();
      await server.restart();
    }
    ending.abort();
    await writing;
    await demandSound(store, { begun, acknowledged, refused });
    await store.close();
    await pool.end();
  });
});

const BUSY = `SELECT FROM pg_stat_activity
  WHERE state <> 'idle' AND pid <> pg_backend_pid() AND query LIKE '%${callOf('append')}%' AND datname = current_database()`;

function idsOf(said: readonly string[], word: string): ReadonlySet<string> {
  return new Set(said.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1)));
}
