/**
 * Consumes a store until it is killed: each call of the handler is a line of a file that all processes append to.
 *
 * Usage: node consuming.js URL FILE WORKER
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { RecordedEvent } from '@login-policy/event-sourcing';
import { openStore } from '../open-store.js';
import { CONSUMER, numberOf } from './numbered.js';

const [url = '', file = '', worker = ''] = process.argv.slice(2);
const store = await openStore(url);
store.consume({
  name: CONSUMER,
  pageSize: 20,
  handle: async (events) => {
    if (Math.random() < 0.2) await pause(Math.random() * 5);
    if (Math.random() < 0.01) throw new Error('now and then a handler fails');
    appendFileSync(file, `${worker} ${numberOfEvent(events[0])} ${numberOfEvent(events.at(-1))}\n`);
    // From here on the events are handled, but the checkpoint is still before them.
    if (Math.random() < 0.2) await pause(Math.random() * 5);
  },
});
process.send?.('started');

function numberOfEvent(event: RecordedEvent | undefined): number {
  if (event === undefined) throw new TypeError('a call has an event');
  return numberOf(event);
}
