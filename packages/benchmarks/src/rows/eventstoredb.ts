import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { ratePerSecond } from '../harness/meter.js';
import type { Contender, Figure, Row } from '../harness/row.js';
import { eventStoreDbServer } from '../raw/eventstoredb-server.js';
import { warmed, WARM_UP_TEXT } from '../harness/warmed.js';
import { RawPolicies } from '../raw/raw-policies.js';
import { RawMemory } from '../raw/raw-memory.js';
import { AT_ONCE, jobsOver, organization, runConcurrently, type Job } from '../workload/course.js';
import { addDefault, checkRow, runCommand } from '../workload/ours.js';

/** Commands on EventStoreDB. */
interface Work {
  readonly name: string;
  readonly title: string;
  readonly jobs: (isQuick: boolean) => readonly Job[];
  readonly atATime: number;
  readonly times: number;
}

/** How often a policy is read beside the commands. Rows are updated for it, because they must be up to date. */
const READ_EACH_MS = 1000;

const works: readonly Work[] = [
  {
    name: 'one-policy',
    title: 'one policy, one after another',
    jobs: (isQuick) => Array.from({ length: isQuick ? 100 : 4050 }, (_, step) => ({ policy: 0, step })),
    atATime: 1,
    times: 0.6,
  },
  {
    name: 'in-turn',
    title: 'many policies, one after another',
    jobs: (isQuick) => jobsOver(isQuick ? 10 : 450),
    atATime: 1,
    times: 0.4,
  },
  {
    name: 'at-once',
    title: `many policies, ${AT_ONCE} at a time`,
    jobs: (isQuick) => jobsOver(isQuick ? 40 : 900),
    atATime: AT_ONCE,
    times: 0.4,
  },
];

/** Commands, compared with the least that a write takes: an append of the vendor's client at a known revision. */
export const commandsOnEventStoreDb: readonly Row[] = works.map(({ name, title, jobs: jobsOf, atATime, times }) => ({
  name: `${name}-eventstoredb`,
  work: `commands of five kinds in turn on ${title}, with a read each second, ${WARM_UP_TEXT}, EventStoreDB`,
  unit: 'commands/s',
  warmUps: 0,
  target: { bound: 'at least', times },
  contenders: async ({ isQuick }) => {
    const [{ url }, jobs] = [await eventStoreDbServer(), jobsOf(isQuick)];
    return [ours(url, jobs, atATime), raw(url, jobs, atATime)].map((line) =>
      warmed(line, { commands: jobs.length, isQuick }),
    );
  },
}));

function ours(url: string, jobs: readonly Job[], atATime: number): Contender {
  return {
    name: 'ours',
    method: `openLoginPolicies on the store, in streams that are not used yet; ${jobs.length} commands`,
    measure: async () => {
      const store = connectEventStoreDb(url, { streamPrefix: `bench${randomUUID().replaceAll('-', '')}.` });
      const policies = await openLoginPolicies({ store });
      try {
        await addDefault(policies);
        const figure = await besideReads(policies, () =>
          ratePerSecond(jobs.length, () => runConcurrently(jobs, atATime, (job) => runCommand(policies, job))),
        );
        if (atATime > 1) await checkRow(policies, organization(0));
        return figure;
      } finally {
        await policies.close();
        await store.close();
      }
    },
  };
}

/** @throws the first error of a read. */
async function besideReads(policies: LoginPolicies, work: () => Promise<Figure>): Promise<Figure> {
  const reads: Promise<unknown>[] = [];
  const timer = setInterval(() => {
    reads.push(policies.effectivePolicy(organization(0)).then(orThrow));
  }, READ_EACH_MS);
  try {
    const figure = await work();
    await Promise.all(reads);
    return figure;
  } finally {
    clearInterval(timer);
  }
}

/** In ours, each event has two salts: their bytes without the work. */
const SALTS = { actorSalt: 'Ss1tdzB89PyhtNrciLNGZw', reasonSalt: 'ixaX1t40NrVOFvHX6fuTZA' } as const;

function raw(url: string, jobs: readonly Job[], atATime: number): Contender {
  const client = EventStoreDBClient.connectionString(url);
  return {
    name: 'raw',
    method:
      'the vendor’s client: the same events decided before, appended in the same number of bytes, no look-up, no state, no row',
    measure: () => {
      const prefix = `Raw${randomUUID()}-`;
      const decided = new RawPolicies(new RawMemory()).decideAll(jobs);
      return ratePerSecond(jobs.length, () =>
        runConcurrently(decided, atATime, async ({ stream, revision, events }) => {
          const metadata = {
            recordedAt: new Date().toISOString(),
            schemaVersion: 1,
            actor: 'bench',
            $correlationId: randomUUID().slice(-26),
            ...SALTS,
          };
          const encoded = events.map(({ type, data }) => jsonEvent({ type, data, metadata }));
          const expectedRevision = revision === 0 ? 'no_stream' : BigInt(revision - 1);
          await client.appendToStream(prefix + stream, encoded, { expectedRevision });
        }),
      );
    },
  };
}
