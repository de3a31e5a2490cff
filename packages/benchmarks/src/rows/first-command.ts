import { milliseconds } from '../harness/meter.js';
import type { Figure, Row, Conditions } from '../harness/row.js';
import { RawPolicies, rebuild } from '../raw/raw-policies.js';
import { longHistory, seedRaw } from '../workload/histories.js';
import { withRaw, type StoreKind } from '../workload/kinds.js';
import { runCommand, seedReady, withPolicies } from '../workload/ours.js';

/** The first command of a policy records four events, each later one records one. */
const MORE_EVENTS_THAN_COMMANDS = 3;

/** A command on a policy with a long history, in a process with cold caches. */
export function firstCommand(kind: StoreKind): Row {
  return {
    name: `first-command-${kind.name}`,
    work: `first command after opening, on a policy of 100,000 events, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 10 },
    async contenders(conditions) {
      const length = conditions.isQuick ? 1000 : 100_000;
      const ours = await seededOurs(kind, conditions, length);
      const raw = await seededRaw(kind, conditions, length);
      const method = `${kind.driver} by hand, opened anew: decided by its row, which each command keeps`;
      return [
        { name: 'ours', method: 'opened anew as in the README', measure: () => ours(0) },
        { name: 'raw', method, measure: raw },
        { name: 'ours, the second', method: 'the command after that one', measure: () => ours(1) },
      ];
    },
  };
}

/** Prepares a measurement of a command after a number of others. */
async function seededOurs(
  kind: StoreKind,
  conditions: Conditions,
  length: number,
): Promise<(after: number) => Promise<Figure>> {
  const location = await kind.freshLocation(conditions);
  await seedReady(kind, location, longHistory(length));
  let step = length - MORE_EVENTS_THAN_COMMANDS;
  return (after) =>
    withPolicies(kind, location, async (policies) => {
      for (let count = 0; count < after; count++) await runCommand(policies, { policy: 0, step: step++ });
      return milliseconds(() => runCommand(policies, { policy: 0, step: step++ }));
    });
}

async function seededRaw(kind: StoreKind, conditions: Conditions, length: number): Promise<() => Promise<Figure>> {
  const location = await kind.freshLocation(conditions);
  await withRaw(kind, location, async (driver) => {
    await seedRaw(driver, longHistory(length));
    await rebuild(driver);
  });
  let step = length - MORE_EVENTS_THAN_COMMANDS;
  return () =>
    withRaw(kind, location, (driver) =>
      milliseconds(() => new RawPolicies(driver).runCommands([{ policy: 0, step: step++ }])),
    );
}
