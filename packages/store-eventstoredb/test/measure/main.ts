import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient } from '@eventstore/db-client';
import { streamId } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { appendOf } from '../events.js';
import { realServerUrl } from '../server.js';
import { atOnce, follow, freshRead, inTurn, readLog, type Work } from './work.js';

// Our store beside the raw client, in turns, on the double (or the server at EVENTSTOREDB_URL): medians and ratios.
const REPETITIONS = 5;
const LOG = 100_000;

async function serverUrl(): Promise<{ url: string; stop: () => void }> {
  if (realServerUrl !== undefined) return { url: realServerUrl, stop: () => undefined };
  const script = fileURLToPath(new URL('../server-process.js', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line]: unknown[] = await once(child.stdout, 'data');
  return { url: String(line).trim(), stop: () => child.kill() };
}

async function rateOf(work: () => Promise<number>): Promise<number> {
  const began = performance.now();
  const count = await work();
  return (count / (performance.now() - began)) * 1000;
}

function show(rates: readonly number[]): string {
  const sorted = rates.slice().sort((left, right) => left - right);
  const [least, median, most] = [sorted[0], medianOf(rates), sorted.at(-1)].map((rate) => Math.round(rate ?? 0));
  return `${median?.toLocaleString('en')}/s (${least?.toLocaleString('en')} – ${most?.toLocaleString('en')})`;
}

function medianOf(rates: readonly number[]): number {
  return rates.slice().sort((left, right) => left - right)[Math.floor(rates.length / 2)] ?? 0;
}

const { url, stop } = await serverUrl();
const client = EventStoreDBClient.connectionString(url);
const store = connectEventStoreDb(url);
for (let batch = 0; batch < LOG / 500; batch++)
  await store.eventStore.append(appendOf(streamId('Log', `${batch}`), 500));

const works: readonly Work[] = [readLog(LOG), inTurn, atOnce, follow, freshRead];
process.stdout.write('| work | raw client | ours | ours ÷ raw | goal |\n| --- | --- | --- | --- | --- |\n');
for (const { name, goal, raw, ours } of works) {
  const [rawRates, ourRates]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    rawRates.push(await rateOf(() => raw(client)));
    ourRates.push(await rateOf(() => ours(store.eventStore, store)));
  }
  const ratio = (medianOf(ourRates) / medianOf(rawRates)).toFixed(2);
  process.stdout.write(`| ${name} | ${show(rawRates)} | ${show(ourRates)} | ${ratio} × | ≥ ${goal} × |\n`);
}
stop();
process.exit();
