import { workerData } from 'node:worker_threads';
import { openPostgresStore } from '@login-policy/store-postgres';
import { Pool } from 'pg';
import { counted, counterStream } from './sample.js';

// Appends one large event, of nothing but signs that text of SQL has a meaning for, in a writer's turn: with as little
// memory as its thread was given.
const { url, schema, length }: { url: string; schema: string; length: number } = workerData;
const pool = new Pool({ connectionString: url });
const timeOuts = { statementTimeoutMs: 600_000, lockTimeoutMs: 600_000 };
const store = await openPostgresStore({ pool, schema, ...timeOuts });
const large = { ...counted(), data: { by: 1, note: `'"`.repeat(length / 2) } };
await store.eventStore.append({ streamId: counterStream('large'), expected: 'no-stream', events: [large] });
await store.close();
await pool.end();
