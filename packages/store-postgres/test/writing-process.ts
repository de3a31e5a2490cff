import { openPostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { Pool } from 'pg';
import { ownTask, say } from './processes.js';
import { counted, counterStream } from './sample.js';
import { keeping } from './stores.js';

// Appends until it is killed, eight at a time, and says each id it has an answer for.
const { url, schema, name } = ownTask();
const store = await keeping(await openPostgresStore({ pool: new Pool({ connectionString: url }), schema }), [
  counterTotals,
]);

async function write(writer: number): Promise<void> {
  for (;;) {
    const event = counted();
    await say(`begun ${event.id}`);
    await store.eventStore.append({ streamId: counterStream(`${name}-${writer}`), expected: 'any', events: [event] });
    await say(`done ${event.id}`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
