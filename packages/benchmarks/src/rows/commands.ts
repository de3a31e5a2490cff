import type { OwnerRef } from '@login-policy/domain';
import { ratePerSecond } from '../harness/meter.js';
import type { Contender, Row, Conditions } from '../harness/row.js';
import { warmed, WARM_UP_TEXT } from '../harness/warmed.js';
import { withPeer, type Peer } from '../peers/peers.js';
import { RawPolicies } from '../raw/raw-policies.js';
import {
  groupsOf,
  inOrder,
  jobsOver,
  mixedOwner,
  organization,
  runConcurrently,
  stepAt,
  STEPS,
  streamOf,
  type Job,
} from '../workload/course.js';
import { withRaw, type StoreKind } from '../workload/kinds.js';
import { addDefault, checkRow, runCommand, withPolicies } from '../workload/ours.js';
import { withWriterThread } from './in-a-thread.js';

/** Whose policies: those of many organizations, or half of them the default policies of instances. */
type Owners = 'mixed' | 'organizations';

interface Work {
  readonly kind: StoreKind;
  readonly ownerOf: (policy: number) => OwnerRef;
  readonly conditions: Conditions;
  readonly jobs: readonly Job[];
  readonly atATime: number;
}

/** Commands of five kinds on many policies, with `atATime` in flight. */
export function commands(
  kind: StoreKind,
  {
    atATime,
    owners = 'organizations',
    times,
  }: { readonly atATime: number; readonly owners?: Owners; readonly times: number },
): Row {
  const [name, order] = atATime === 1 ? ['in-turn', 'one after another'] : ['at-once', `${atATime} at a time`];
  const isMixed = owners === 'mixed';
  const whose = isMixed ? 'many policies, half of them defaults' : 'many policies';
  return {
    name: `${isMixed ? 'mixed' : name}-${kind.name}`,
    work: `commands of five kinds in turn on ${whose}, ${order}, ${WARM_UP_TEXT}, ${kind.title}`,
    unit: 'commands/s',
    warmUps: 0, // Each contender warms itself up.
    target: { bound: 'at least', times },
    contenders: async (conditions) => {
      const policies = atATime === 1 ? kind.policiesInTurn : 900;
      const jobs = jobsOver(Math.ceil(conditions.isQuick ? policies / 20 : policies));
      const work: Work = { kind, ownerOf: isMixed ? mixedOwner : organization, conditions, jobs, atATime };
      if (isMixed)
        return [ours(work), raw(work)].map((line) =>
          warmed(line, { commands: jobs.length, isQuick: conditions.isQuick }),
        );
      const threads = kind.name === 'sqlite' && atATime > 1 ? [inAThread(work)] : [];
      const peers = kind.peers(conditions).map((peer) => byPeer(peer, work));
      const { isQuick } = conditions;
      const lines = [ours(work), raw(work), limit(work), ...threads].map((line) =>
        warmed(line, { commands: jobs.length, isQuick }),
      );
      return [...lines, ...peers];
    },
  };
}

function ours({ kind, ownerOf, conditions, jobs, atATime }: Work): Contender {
  return {
    name: 'ours',
    method: `the README’s code: openLoginPolicies on the store; ${jobs.length} commands on ${jobs.length / STEPS} policies`,
    measure: async () =>
      withPolicies(kind, await kind.freshLocation(conditions), async (policies) => {
        await addDefault(policies);
        const figure = await ratePerSecond(jobs.length, () =>
          runConcurrently(jobs, atATime, (job) => runCommand(policies, job, ownerOf)),
        );
        await checkRow(policies, ownerOf(0));
        return figure;
      }),
  };
}

function raw({ kind, conditions, jobs, atATime }: Work): Contender {
  const groups = groupsOf(jobs, atATime);
  return {
    name: 'raw',
    method: `${kind.driver} by hand: decided by a state in memory, encoded, appended at the expected revision, the row and who allows which factor kept; ${transactionsText(atATime)}`,
    measure: async () =>
      withRaw(kind, await kind.freshLocation(conditions), async (driver) => {
        const policies = new RawPolicies(driver);
        return ratePerSecond(jobs.length, async () => {
          for (const group of groups) await policies.runCommands(group);
        });
      }),
  };
}

/** The upper bound for any library: all is decided beforehand, and no row is updated. */
function limit({ kind, conditions, jobs, atATime }: Work): Contender {
  return {
    name: 'raw, insert only',
    method: `${kind.driver}: decided before, events encoded and inserted, no row; ${transactionsText(atATime)}`,
    measure: async () =>
      withRaw(kind, await kind.freshLocation(conditions), async (driver) => {
        const policies = new RawPolicies(driver);
        const decided = groupsOf(jobs, atATime).map((group) => policies.decideAll(group));
        return ratePerSecond(jobs.length, async () => {
          for (const group of decided) await driver.append(group);
        });
      }),
  };
}

/** A trial that helps to decide whether our writer should be in a thread. */
function inAThread({ conditions, jobs, atATime }: Work): Contender {
  return {
    name: 'ours, written by a thread',
    method: 'a trial: our memory store, and a worker thread that writes each group by hand before it is answered',
    measure: () =>
      withWriterThread(conditions.scratch.fresh('thread.db'), async (policies) => {
        await addDefault(policies);
        return ratePerSecond(jobs.length, () => runConcurrently(jobs, atATime, (job) => runCommand(policies, job)));
      }),
  };
}

function byPeer(peer: Peer, { conditions, atATime }: Work): Contender {
  const inTurn = conditions.isQuick ? 18 : 72;
  const jobs = jobsOver(atATime === 1 ? inTurn : 450);
  const line: Contender = {
    name: peer.name,
    method: `${peer.method}; only ${jobs.length} commands`,
    measure: () =>
      withPeer(peer, (policies) =>
        ratePerSecond(jobs.length, () =>
          runConcurrently(
            jobs,
            atATime,
            inOrder(({ policy, step }) => policies.command(streamOf(policy), stepAt(step).plain)),
          ),
        ),
      ),
  };
  return warmed(line, { commands: jobs.length, isQuick: conditions.isQuick });
}

function transactionsText(atATime: number): string {
  return atATime === 1 ? 'a transaction for each command' : `${atATime} commands in one transaction`;
}
