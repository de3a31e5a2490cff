import { awaitCheckpoint, Projector } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { Pool } from 'pg';
import { ownTask, say } from './processes.js';
import { appendTo, counterStream } from './sample.js';

const AT_ONCE = 20;

// Writes and reads what it wrote, pair after pair, while a projector in whatever process keeps the read model.
const { url, schema, name, count } = ownTask();
const pool = new Pool({ connectionString: url });
const store = await openPostgresStore({ pool, schema });
const ending = new AbortController();
const following = new Projector({ ...store, projection: counterTotals }).follow(ending.signal);
const model = await store.readModels.open(counterTotals);
let stale = 0;

async function pairs(writer: number): Promise<void> {
  const stream = `${name}-${writer}`;
  for (let total = 1; total <= count / AT_ONCE; total++) {
    const [event] = await store.eventStore.append(appendTo(stream));
    if (event === undefined) throw new Error('nothing was recorded');
    await awaitCheckpoint(model, { projection: counterTotals.name, position: event.position }, { waitMs: 10_000 });
    const row = await rowUnder(model, counterStream(stream));
    if (row?.total !== total) stale += 1;
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, (_, writer) => pairs(writer)));
ending.abort();
await following;
await say(`${stale} stale`);
await store.close();
await pool.end();
process.disconnect();
