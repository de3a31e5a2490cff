import { isFault, monotonicIds, streamId } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { newEvent } from './events.js';

/**
 * A process that appends to a file, one command after another on `lanes` streams at once, and says which events were
 * acknowledged. Usage: node writer.js FILE LANES APPENDS [STREAM]; with a stream all lanes write to that one.
 */
const [path = '', lanes = '1', appends = '0', only] = process.argv.slice(2);
const ids = monotonicIds();
const store = await openSqliteStore({ path, busyTimeoutMs: 20_000 });
await store.readModels.open(counterTotals);

async function append(lane: number): Promise<void> {
  const stream = only === undefined ? streamId('Counter', `lane-${lane}`) : streamId('Counter', only);
  const event = newEvent(ids);
  try {
    await store.eventStore.append({ streamId: stream, expected: 'any', events: [event] });
    process.stdout.write(`${event.id}\n`);
  } catch (caught) {
    if (!isFault(caught)) throw caught;
    process.stderr.write(`${caught.message}\n`);
    process.exitCode = 1;
  }
}

async function run(lane: number): Promise<void> {
  for (let count = 0; count < Number(appends); count++) await append(lane);
}

process.stdout.write('ready\n');
await Promise.all(Array.from({ length: Number(lanes) }, (_, lane) => run(lane)));
await store.close();
