import Database from 'better-sqlite3';
import { streamName } from '../workload/instance-id.js';
import { parseRaw, type RawEvent } from '../raw/raw-event.js';
import { evolvePlain, noPolicy } from '../workload/plain-policy.js';

const [path = ''] = process.argv.slice(2);
const database = new Database(path);
const statement = database.prepare<[string], RawEvent>(
  'SELECT stream, type, recorded_at, data, position FROM events WHERE stream = ? ORDER BY revision',
);
let policy = noPolicy;
for (const event of statement.raw().all(streamName(0))) policy = evolvePlain(policy, parseRaw(event), event[2]);
console.log(policy.multiFactors.join(), policy.sequence);
database.close();
