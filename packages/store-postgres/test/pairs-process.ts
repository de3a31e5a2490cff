import { ProjectionRunner } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { Pool } from 'pg';
import { ownTask, say } from './processes.js';
import { appendTo, counterStream } from './sample.js';

const AT_ONCE = 20;

// Writes and reads what it wrote, pair after pair, while a follower in whatever process keeps the read model.
const { url, schema, name, count } = ownTask();
const pool = new Pool({ connectionString: url });
const store = await openPostgresStore({ pool, schema });
const follower = await ProjectionRunner.open({ store, projection: counterTotals });
let stale = 0;

async function pairs(writer: number): Promise<void> {
  const stream = `${name}-${writer}`;
  for (let total = 1; total <= count / AT_ONCE; total++) {
    const [event] = await store.eventStore.append(appendTo(stream));
    if (event === undefined) throw new Error('nothing was recorded');
    const key = counterStream(stream);
    const { rows } = await follower.read([key], { atLeast: event.position, waitMs: 600_000 });
    const row = rows.get(key);
    if (row?.total !== total) stale += 1;
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, (_, writer) => pairs(writer)));
await follower.close();
await say(`${stale} stale`);
await store.close();
await pool.end();
process.disconnect();
