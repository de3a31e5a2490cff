import { orThrow, openLoginPolicies, type LoginPolicies } from '@login-policy/domain';
import { type AuditFilter, openAuditLog } from '@login-policy/domain/audit';
import { milliseconds, ratePerSecond } from '../harness/meter.js';
import type { Contender, Row } from '../harness/row.js';
import { warmed, WARM_UP_TEXT } from '../harness/warmed.js';
import { INSTANCE_ID, jobsOver, runConcurrently, organization, type Job } from '../workload/course.js';
import { randomHistories } from '../workload/histories.js';
import type { StoreKind } from '../workload/kinds.js';
import { addDefault, runCommand, CATCH_UP_WAIT, seedAndClose, withPolicies } from '../workload/ours.js';

/** The cost of the audit log for a command. */
export function auditCost(kind: StoreKind, atATime: number): Row {
  const [name, order] = atATime === 1 ? ['in-turn', 'one after another'] : ['at-once', `${atATime} at a time`];
  return {
    name: `audited-${name}-${kind.name}`,
    work: `commands of five kinds with the audit log open, ${order}, ${WARM_UP_TEXT}, ${kind.title}`,
    unit: 'commands/s',
    warmUps: 0,
    target: { bound: 'at least', times: 0.75, of: 'without an audit log' },
    contenders: async (conditions) => {
      const policies = atATime === 1 ? kind.policiesInTurn : 900;
      const jobs = jobsOver(Math.ceil(conditions.isQuick ? policies / 20 : policies));
      const measureCommands = (login: LoginPolicies): ReturnType<typeof ratePerSecond> =>
        ratePerSecond(jobs.length, () => runConcurrently(jobs, atATime, (job: Job) => runCommand(login, job)));
      return [
        {
          name: 'ours',
          method: `openLoginPolicies and openAuditLog on one store; ${jobs.length} commands`,
          measure: async () => withAudited(kind, await kind.freshLocation(conditions), measureCommands),
        },
        {
          name: 'without an audit log',
          method: 'openLoginPolicies alone, the same commands',
          measure: async () =>
            withPolicies(kind, await kind.freshLocation(conditions), async (login) => {
              await addDefault(login);
              return measureCommands(login);
            }),
        },
      ].map((line) => warmed(line, { commands: jobs.length, isQuick: conditions.isQuick }));
    },
  };
}

async function withAudited<Result>(
  kind: StoreKind,
  location: string,
  work: (login: LoginPolicies) => Promise<Result>,
): Promise<Result> {
  const { store, close } = await kind.openOurs(location);
  const [login, auditLog] = [await openLoginPolicies({ store }), await openAuditLog({ store })];
  try {
    await addDefault(login);
    return await work(login);
  } finally {
    await Promise.all([login.close(), auditLog.close()]);
    await close();
  }
}

const FILTERS: Readonly<Record<string, AuditFilter>> = {
  'no filter': {},
  'an actor': { actor: 'bench' },
  'a type': { type: 'MultiFactorRemoved' },
  'a factor': { factor: 'U2F_WITH_VERIFICATION' },
  'an organization': organization(7),
  'a time': { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' },
};

/** The first page of an audit log with one filter. */
export function auditPage(kind: StoreKind): Row {
  return {
    name: `audit-page-${kind.name}`,
    work: `the newest 100 of 1,000,000 events, by the slowest of ${Object.keys(FILTERS).length} filters, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 10 },
    contenders: async (conditions) => {
      const policies = conditions.isQuick ? 1000 : 250_000;
      const location = await kind.freshLocation(conditions);
      await seedAndClose(kind, location, randomHistories(policies, 4));
      return [
        {
          name: 'ours',
          method: `auditLog.entries, the second time; ${policies * 4} events of ${policies} policies`,
          measure: () => slowestPage(kind, location),
        },
      ];
    },
  };
}

async function slowestPage(kind: StoreKind, location: string): ReturnType<Contender['measure']> {
  const { store, close } = await kind.openOurs(location);
  const auditLog = await openAuditLog({ store });
  try {
    await auditLog.readModel.ready(CATCH_UP_WAIT);
    let slowest = { byClock: 0 };
    for (const { instanceId: _, ...filter } of Object.values<AuditFilter & { instanceId?: string }>(FILTERS)) {
      const readPage = async (): Promise<unknown> =>
        orThrow(await auditLog.entries({ instanceId: INSTANCE_ID }, filter));
      await readPage();
      const figure = await milliseconds(readPage);
      if (figure.byClock > slowest.byClock) slowest = figure;
    }
    return slowest;
  } finally {
    await auditLog.close();
    await close();
  }
}
