import { milliseconds } from '../harness/meter.js';
import type { Figure, Row, Setting } from '../harness/row.js';
import { RawPolicies, rebuild } from '../raw/raw-policies.js';
import { long, seedRaw } from '../workload/histories.js';
import { withRaw, type Kind } from '../workload/kinds.js';
import { runCommand, seedReady, withPolicies } from '../workload/ours.js';

/** The first command of a policy records four events, each later one records one. */
const MORE_EVENTS_THAN_COMMANDS = 3;

/** A command on a policy with a long history, in a process with cold caches. */
export function firstCommand(kind: Kind): Row {
  return {
    name: `first-command-${kind.name}`,
    work: `first command after opening, on a policy of 100,000 events, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 10 },
    async contenders(setting) {
      const length = setting.isQuick ? 10_000 : 100_000;
      const ours = await seededOurs(kind, setting, length);
      const raw = await seededRaw(kind, setting, length);
      const how = `${kind.driver} by hand, opened anew: decided by its row, which each command keeps`;
      return [
        { name: 'ours', how: 'opened anew as in the README', measure: () => ours(0) },
        { name: 'raw', how, measure: raw },
        { name: 'ours, the second', how: 'the command after that one', measure: () => ours(1) },
      ];
    },
  };
}

/** Prepares a measurement of a command after a number of others. */
async function seededOurs(kind: Kind, setting: Setting, length: number): Promise<(after: number) => Promise<Figure>> {
  const place = await kind.freshPlace(setting);
  await seedReady(kind, place, long(length));
  let step = length - MORE_EVENTS_THAN_COMMANDS;
  return (after) =>
    withPolicies(kind, place, async (policies) => {
      for (let count = 0; count < after; count++) await runCommand(policies, { policy: 0, step: step++ });
      return milliseconds(() => runCommand(policies, { policy: 0, step: step++ }));
    });
}

async function seededRaw(kind: Kind, setting: Setting, length: number): Promise<() => Promise<Figure>> {
  const place = await kind.freshPlace(setting);
  await withRaw(kind, place, async (driver) => {
    await seedRaw(driver, long(length));
    await rebuild(driver);
  });
  let step = length - MORE_EVENTS_THAN_COMMANDS;
  return () =>
    withRaw(kind, place, (driver) =>
      milliseconds(() => new RawPolicies(driver).runCommands([{ policy: 0, step: step++ }])),
    );
}
