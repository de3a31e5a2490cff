/**
 * Commands of the library on EventStoreDB, compared with the minimum of a write: an append of the raw client at a known
 * revision.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { openLoginPolicies } from '@login-policy/domain';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { median, ratePerSecond } from './harness/meter.js';
import type { Figure } from './harness/row.js';
import { rangeOf, formatFigure, formatRatio } from './report/figures.js';
import { AT_ONCE, jobsOver, runConcurrently, STEPS, type Job } from './workload/course.js';
import { addDefault, runCommand } from './workload/ours.js';

const REPETITIONS = 5;
const COMMANDS_IN_TURN = 400;

interface Work {
  readonly title: string;
  readonly jobs: readonly Job[];
  readonly atATime: number;
}

const many = jobsOver(Math.ceil(COMMANDS_IN_TURN / STEPS));
const works: readonly Work[] = [
  {
    title: 'one policy, in turn',
    jobs: Array.from({ length: COMMANDS_IN_TURN }, (_, step) => ({ policy: 0, step })),
    atATime: 1,
  },
  { title: 'many policies, in turn', jobs: many, atATime: 1 },
  { title: `many policies, ${AT_ONCE} at a time`, jobs: jobsOver(300), atATime: AT_ONCE },
];

/** The server at EVENTSTOREDB_URL, otherwise the double in its own process. */
async function serverUrl(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const configured = process.env['EVENTSTOREDB_URL'];
  if (configured !== undefined) return { url: configured, stop: () => undefined };
  const script = new URL('../../store-eventstoredb/.test-build/server-process.js', import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(script)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as readonly unknown[];
  return { url: String(line).trim(), stop: () => child.kill() };
}

/** In unused streams. */
async function ours(url: string, { jobs, atATime }: Work): Promise<Figure> {
  const store = connectEventStoreDb(url, { streamPrefix: `bench${randomUUID().replaceAll('-', '')}.` });
  const policies = await openLoginPolicies({ store });
  try {
    await addDefault(policies);
    return await ratePerSecond(jobs.length, () => runConcurrently(jobs, atATime, (job) => runCommand(policies, job)));
  } finally {
    await policies.close();
    await store.close();
  }
}

/** The same number of events, each at the revision after the previous one. */
async function limit(client: EventStoreDBClient, { jobs, atATime }: Work): Promise<Figure> {
  const name = `Raw${randomUUID()}-`;
  const metadata = { actor: 'bench', $correlationId: 'bench' };
  return ratePerSecond(jobs.length, () =>
    runConcurrently(jobs, atATime, async ({ policy, step }) => {
      const event = jsonEvent({ type: 'SecondFactorAdded', data: { factor: 'OTP_EMAIL' }, metadata });
      const expectedRevision = step === 0 ? 'no_stream' : BigInt(step - 1);
      await client.appendToStream(`${name}${policy}`, event, { expectedRevision });
    }),
  );
}

const { url, stop } = await serverUrl();
const client = EventStoreDBClient.connectionString(url);
console.log('| commands of the library | limit | ours | ours ÷ limit |\n| --- | --- | --- | --- |');
for (const work of works) {
  const [limits, figures]: [Figure[], Figure[]] = [[], []];
  // The first of each is a warm-up for the compiler.
  for (let repetition = 0; repetition <= REPETITIONS; repetition++) {
    limits.push(await limit(client, work));
    figures.push(await ours(url, work));
  }
  for (const all of [limits, figures]) all.shift();
  const [most, own] = [limits, figures].map((all) => median(all.map(({ byClock }) => byClock)));
  const cells = [
    `${formatFigure(most ?? 0)}/s (${rangeOf(limits)})`,
    `${formatFigure(own ?? 0)}/s (${rangeOf(figures)})`,
  ];
  console.log(`| ${work.title} | ${cells.join(' | ')} | ${formatRatio((own ?? 0) / (most ?? 0))} |`);
}
stop();
process.exit();
